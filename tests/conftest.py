"""What all tests share."""

import os

# Two threads on two cores wait for each other as soon as anything else runs.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "2")
