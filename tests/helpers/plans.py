"""Plan studies without running any of them, and read what is planned."""

import re
import subprocess
import sys

import yaml

from tests.helpers.study import ROOT
from unlearning.study.listings import is_listing

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())


def dry_run(tmp_path, *arguments):
    """Plan from nothing, in an empty folder."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(tmp_path), "--dry-run", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def counts(tmp_path, *arguments):
    done = dry_run(tmp_path, *arguments)
    assert done.returncode == 0, done.stderr[-3000:]
    table = done.stdout.rsplit("Job stats:", 1)[1].split("Reasons:")[0].split("total")[0]
    rows = [
        line.split() for line in table.splitlines() if line[:1].islower() and "count" not in line
    ]
    return {rule: int(count) for rule, count in rows}


def declared(tmp_path, *targets):
    """Return the files of code that a dry run lists as inputs, rule by rule."""
    printed = dry_run(tmp_path, *targets).stdout
    found = {}
    for rule, inputs in re.findall(
        r"^(?:local)?rule (\w+):\n +input: (.*)$", printed, re.MULTILINE
    ):
        for listing in filter(is_listing, inputs.split(", ")):
            lines = (tmp_path / listing).read_text().splitlines()
            found.setdefault(rule, set()).update(line.partition(" ")[2] for line in lines)
    return {rule: code for rule, code in found.items() if code}


def named(code):
    return {rule: set(files) for rule, files in code.items()}
