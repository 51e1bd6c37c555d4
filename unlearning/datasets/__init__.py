"""Labelled images of a data set, one file a data set."""
