"""A SLURM for the session, and one study run on it and one run without it."""

import os
import shutil

import pytest

from tests.helpers.cluster import Cluster
from tests.helpers.daemons import Unavailable, install
from tests.helpers.study import copy_repository
from tests.helpers.toy import ON_SLURM, Toy


@pytest.fixture(scope="session")
def slurm():
    """Return a running SLURM; skip where there can be none, unless $REQUIRE_SLURM is set."""
    try:
        install()
        cluster = Cluster()
    except Unavailable as reason:
        assert "REQUIRE_SLURM" not in os.environ, f"SLURM must be tested here: {reason}"
        pytest.skip(str(reason))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """Return the study, run on this machine without SLURM."""
    return _finish(tmp_path_factory, "local", ["--cores=2"])


@pytest.fixture(scope="session")
def on_slurm(tmp_path_factory, slurm):
    """Return the study, run through SLURM."""
    return _finish(tmp_path_factory, "slurm", ON_SLURM)


def _finish(tmp_path_factory, name, arguments):
    folder = tmp_path_factory.mktemp(name)
    copy_repository(folder)
    toy = Toy(folder)
    toy.prepare()
    toy.run(*arguments)
    return toy


@pytest.fixture(scope="session")
def begin(undisturbed, tmp_path_factory):
    """Return a function that copies the finished study and takes some of its results away."""

    def copy(*missing):
        folder = tmp_path_factory.mktemp("again") / "study"
        shutil.copytree(undisturbed.folder, folder, symlinks=True)
        toy = Toy(folder)
        shutil.rmtree(toy.disturbances)
        toy.disturbances.mkdir()
        # What depends on the missing results goes as well, or nothing would ask for them.
        for name in (*missing, "klom/ga/1", "scores", "figures/fig1"):
            for file in toy.results.glob(f"{name}.*"):
                file.unlink()
        toy.kept = toy.times()
        return toy

    return copy
