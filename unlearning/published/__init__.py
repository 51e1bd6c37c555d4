"""Margins, checkpoints and forget sets that others have published, one module a layout."""
