"""Points of a data set, one file a data set."""
