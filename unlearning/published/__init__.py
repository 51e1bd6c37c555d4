"""Artifacts that others have published, read into the forms of ours."""
