"""A page on which runs are pointed at."""
