"""What all tests share."""

import os

# Two threads on two cores wait for each other as soon as anything else runs.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "2")
# Numba's OpenMP layer would set the number of threads for torch as well.
os.environ.setdefault("NUMBA_THREADING_LAYER", "workqueue")
