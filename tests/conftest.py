"""What all tests share."""

import os

import pytest
from xdist.scheduler import LoadScopeScheduling

# Two threads on two cores wait for each other as soon as anything else runs.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "2")

#: What has one study or one cluster for all of its tests, and so runs in one process.
TOGETHER = "tests/slurm/", "tests/run/"


class FileByFile(LoadScopeScheduling):
    """Gives each process of pytest-xdist whole files, or all that belongs together.

    Its own groups (``--dist loadgroup``) are not seen under pytest 9.2.
    """

    def _split_scope(self, nodeid):
        file = nodeid.split("::")[0]
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Distribute tests file by file, in the order given."""
    return FileByFile(config, log)
