"""Statements of the paper, each with a check that can refute it."""
