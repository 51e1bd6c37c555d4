"""What all tests share."""

import os

import pytest

# Two threads on two cores wait for each other as soon as anything else runs.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "2")

#: What has one study or one cluster for all of its tests, and so runs in one process.
TOGETHER = "slurm", "run"


def pytest_collection_modifyitems(items):
    """Say which tests stay together where several processes run them (pytest-xdist)."""
    for item in items:
        folder = next((name for name in TOGETHER if name in item.path.parts), None)
        item.add_marker(pytest.mark.xdist_group(folder or str(item.path)))
