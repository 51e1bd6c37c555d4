"""Figures, one module each: a tidy table in, a figure out."""
