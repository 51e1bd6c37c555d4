"""Figures of a study: each module takes a tidy table and gives a matplotlib figure."""
