"""A refusal is one sentence, and a dry run says already what a cluster would refuse."""

import os

import pytest

from tests.helpers.commands import write
from tests.helpers.plans import dry_run

UNSET = "account, cpu_partition and gpu_partition are not set: run `snakemake profile`, which finds"
SINFO = "echo 'gpu|12:00:00|500000|gpu:a100:4'; echo 'cpu|12:00:00|500000|(null)'"
DOWN = "echo 'sinfo: error: no answer' >&2; echo 'sinfo: fatal: none' >&2; exit 1"


def test_a_config_that_is_wrong_is_told_without_lines_of_the_snakefile(tmp_path):
    done = dry_run(tmp_path, "--config", "klom=3")
    printed = done.stdout + done.stderr
    assert done.returncode and "\nError: config: klom: 3 is not of type 'object'\n" in printed
    assert "Snakefile" not in printed


@pytest.mark.parametrize(
    ("sinfo", "own", "sentence"),
    [
        (SINFO, None, UNSET),
        (SINFO, "default-resources: [mem_mb=1000]\n", UNSET),
        (DOWN, None, "SLURM's controller does not answer: sinfo: no answer"),
    ],
    ids=["unset", "own without account", "down"],
)
def test_a_dry_run_with_the_profile_says_what_the_run_would_be_refused_for(
    tmp_path, monkeypatch, sinfo, own, sentence
):
    tools = tmp_path / "tools"
    tools.mkdir()
    write(tools, sbatch="exit 0", scontrol="exit 0", sinfo=sinfo)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    if own:
        (tmp_path / "config" / "snakemake" / "slurm").mkdir(parents=True)
        (tmp_path / "config" / "snakemake" / "slurm" / "profile.yaml").write_text(own)
    done = dry_run(tmp_path, "fig1", "--profile", "slurm")
    *_, last = done.stdout.splitlines()
    assert done.returncode == 0
    assert last.startswith(f"The run itself would be refused: {sentence}")


def test_a_dry_run_without_a_cluster_asks_none(tmp_path, monkeypatch):
    tools = tmp_path / "tools"
    tools.mkdir()
    write(tools, sbatch="exit 0", sinfo=DOWN)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    assert "refused" not in dry_run(tmp_path, "fig1").stdout
