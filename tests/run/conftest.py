"""One real run of the default study, in a copy of the repository."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def snakemake(folder, *arguments, check=True):
    """Run Snakemake in a folder and return what it printed."""
    command = [sys.executable, "-m", "snakemake", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    printed = done.stdout + done.stderr
    assert not check or done.returncode == 0, printed[-4000:]
    return printed


def planned(folder, *arguments):
    """Return how many jobs of each rule a dry run plans, ``all`` left out."""
    printed = snakemake(folder, "--dry-run", *arguments)
    if "Nothing to be done" in printed:
        return {}
    table = printed.rsplit("Job stats:", 1)[1].split("Reasons:")[0]
    counts = dict(re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE))
    return {rule: int(count) for rule, count in counts.items() if rule not in ("all", "total")}


def copy_repository(target):
    """Copy what git tracks, or would, to an empty folder."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in files.split():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Return the folder of a finished default study; tests leave it as they found it."""
    folder = tmp_path_factory.mktemp("study")
    copy_repository(folder)
    snakemake(folder, "--quiet", "rules")
    return folder


@pytest.fixture
def edit(finished):
    """Return a function that edits files of the study; every edit is undone afterwards."""
    originals = {}

    def replace(name, old, new):
        path = finished / name
        text = path.read_text()
        originals.setdefault(path, text)
        assert old in text, f"{name} no longer has {old!r}"
        path.write_text(text.replace(old, new, 1))

    def create(name, text):
        originals[finished / name] = None
        (finished / name).write_text(text)

    replace.create = create
    yield replace
    for path, text in originals.items():
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
