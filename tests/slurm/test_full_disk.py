"""A disk that is full or cannot be written: one sentence, and nothing is lost."""

import os
import shutil
import subprocess

import pytest

from tests.helpers.toy import assert_finished

CHUNKS = ("unlearned/ga/lr0.1/1/0-1", "unlearned/ga/lr0.1/1/2-3")
LOCAL = "--cores=1"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")


@pytest.fixture
def mount():
    """Return a function that moves a folder to a disk of its own, undone afterwards."""
    mounted = []

    def move(folder, mebibytes):
        aside = folder.with_name(f"{folder.name}_aside")
        folder.rename(aside)
        folder.mkdir()
        size = f"size={mebibytes}m"
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], check=False)
        if done.returncode and "REQUIRE_SLURM" not in os.environ:
            pytest.skip("mounting a disk is not allowed here")
        assert done.returncode == 0
        mounted.append(folder)
        shutil.copytree(aside, folder, dirs_exist_ok=True, symlinks=True)

    yield move
    for folder in mounted:
        subprocess.run(["umount", folder], check=True)


def fill(folder, leave):
    """Fill the disk of a folder but for some bytes, and return the file that does."""
    file = folder / "fill"
    file.write_bytes(bytes(shutil.disk_usage(folder).free - leave))
    return file


def test_results_that_cannot_be_written_and_then_a_full_disk(begin, mount, undisturbed):
    toy = begin(*CHUNKS)
    results = toy.folder / "results"
    mount(results, 8)
    subprocess.run(["mount", "-o", "remount,ro", results], check=True)
    printed = toy.run(LOCAL, check=False)
    assert f"{results} cannot be written to" in printed
    assert "Traceback" not in printed
    subprocess.run(["mount", "-o", "remount,rw", results], check=True)
    # Room for the margins of a chunk and not for what is written after them.
    filler = fill(results, 36 * 1024)
    printed = toy.run(LOCAL, check=False)
    assert "No space left on device; free or unlock the disk and run again" in printed
    assert not any((toy.results / f"{chunk}.npy").exists() for chunk in CHUNKS)
    filler.unlink()
    toy.run(LOCAL)
    assert_finished(toy, undisturbed)


def test_a_full_disk_is_named_before_snakemake_trips_over_it(begin, mount):
    toy = begin(*CHUNKS)
    mount(toy.folder, 30)
    fill(toy.folder, 64 * 1024)
    printed = toy.run(LOCAL, check=False)
    assert f"the disk of {toy.folder} is full" in printed
    assert "Traceback" not in printed
    assert toy.times() == toy.kept
