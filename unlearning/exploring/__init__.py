"""A page on which runs, and the images behind them, are pointed at."""
