"""``snakemake profile`` and ``snakemake --profile slurm``, as a person types them on a cluster."""

import contextlib
import os
import sys

import pytest

from tests.helpers.accounting import ACCOUNT
from tests.helpers.commands import write
from tests.helpers.daemons import command
from tests.helpers.study import copy_repository, snakemake
from tests.helpers.terminal import typed
from tests.helpers.toy import OVERLAY

CHUNK = "pretrained/0-1"
JOB = f"results/toy/{CHUNK}.safetensors"
#: As a person types it, but for a short job.
BY_NAME = ("--profile", "slurm", "--slurm-init-seconds-before-status-checks=3", "--latency-wait=5")


def run_by_name(folder, **options):
    return snakemake(folder, JOB, "--configfile=toy.yaml", *BY_NAME, **options)


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """Return a clone as it was got, with a study in it, of a person who has no profile."""
    folder = tmp_path / "clone"
    folder.mkdir()
    copy_repository(folder)
    (folder / "toy.yaml").write_text(OVERLAY)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "site"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return folder


@pytest.fixture
def own(tmp_path):
    return tmp_path / "config" / "snakemake" / "slurm" / "profile.yaml"


@pytest.fixture(scope="module")
def accounts(slurm):
    """Return SLURM with a database of accounts, of which the person has one."""
    with slurm.accounting():
        # Who starts a database has an account of that name as well.
        _sacctmgr("modify", "user", "root", "set", f"defaultaccount={ACCOUNT}")
        _sacctmgr("delete", "user", "root", "account=root")
        yield slurm


@pytest.fixture
def several(accounts):
    """Return SLURM with a second account, and with more partitions with GPUs and without."""
    _sacctmgr("add", "account", "vision")
    _sacctmgr("add", "user", "root", "account=vision")
    made = {
        "gpu_long": ("Nodes=n1", "MaxTime=120"),
        "gpu_vision": ("Nodes=n1", "MaxTime=120", "AllowAccounts=vision"),
        "plain": ("Nodes=n2", "MaxTime=60", "Default=YES"),
        "bigmem": ("Nodes=n2", "MaxTime=120"),
    }
    try:
        for name, settings in made.items():
            command("scontrol", "create", f"PartitionName={name}", "DefMemPerCPU=500", *settings)
        yield accounts
    finally:
        accounts.cancel_all()
        for name in made:
            command("scontrol", "delete", f"PartitionName={name}", check=False)
        _sacctmgr("delete", "user", "root", "account=vision")
        _sacctmgr("delete", "account", "vision")


def _sacctmgr(*words):
    with contextlib.suppress(AssertionError):  # it is so already
        command("sacctmgr", "--immediate", "--quiet", *words)


def ran(slurm, folder):
    """Return where the only job of a clone went: its account, partition, GPUs and end."""
    (job,) = slurm.jobs(folder)
    return job["Account"], job["Partition"], job["TresPerJob"], job["JobState"]


def test_before_anything_is_set_one_sentence_says_what_to_do(slurm, clone):
    printed = run_by_name(clone, check=False)
    assert "account and gpu_partition are not set: run `snakemake profile`, which" in printed
    assert "this cluster has the partitions cpu, gpu" in printed
    assert "Traceback" not in printed
    foretold = snakemake(clone, "--dry-run", JOB, "--configfile=toy.yaml", *BY_NAME)
    [sentence] = [line for line in printed.splitlines() if "are not set" in line]
    assert f"would be refused: {sentence.removeprefix('Error: ')}" in foretold
    assert not slurm.jobs(clone)


# Before the database of accounts is there.
def test_on_a_cluster_without_accounts_any_word_is_one(slurm, clone, own, tmp_path):
    of_site = tmp_path / "site" / "snakemake" / "slurm" / "profile.yaml"
    of_site.parent.mkdir(parents=True)
    of_site.write_text("default-resources: {slurm_extra: \"'--comment=ours'\"}\n")
    printed = snakemake(clone, "profile")
    assert f"{of_site} is the profile of your site, and does not count beside" in printed
    assert "\n  default-resources: slurm_extra='--comment=ours'\n" in printed
    assert "account: any (this cluster keeps no accounts, any word will do)" in printed
    run_by_name(clone)
    assert ran(slurm, clone)[1:] == ("gpu", "gres:gpu:1", "COMPLETED")


def test_on_a_cluster_without_gpus_jobs_run_without(slurm, clone, own, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        write(tmp_path, sinfo="echo 'cpu*|up|1:00:00|64000|(null)'")
        patch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        assert "gpu_partition: - (no partition here has GPUs" in snakemake(clone, "profile")
    run_by_name(clone)
    (job,) = slurm.jobs(clone)
    assert (job["Partition"], job["JobState"]) == ("cpu", "COMPLETED")
    assert "TresPerJob" not in job


def test_one_account_and_one_partition_of_each_kind_are_found(accounts, clone, own):
    printed = snakemake(clone, "profile")
    assert f"accounts of root: {ACCOUNT} (default)" in printed
    assert f"account: {ACCOUNT} (your only one)" in printed
    assert f"Written to {own}" in printed
    written = own.read_bytes()
    assert f"{own} says so already" in snakemake(clone, "profile")
    assert own.read_bytes() == written
    planned = snakemake(clone, "--dry-run", JOB, "--configfile=toy.yaml", *BY_NAME)
    assert "refused" not in planned
    printed = run_by_name(clone)
    assert f"Using your own profile {own} as well" in printed
    assert "  submit train pretrained members 0-1" in printed
    assert ran(accounts, clone) == (ACCOUNT, "gpu", "gres:gpu:1", "COMPLETED")


def test_of_several_what_cannot_be_known_is_asked_and_what_a_person_writes_stays(
    several, clone, own
):
    printed = snakemake(clone, "profile", check=False)
    assert (
        "gpu_partition: there are several with GPUs, no default (gpu, gpu_long): say which, as in "
        "`snakemake profile --config gpu_partition=gpu`"
    ) in printed
    assert "Traceback" not in printed and not own.exists()
    said = ("profile", "--config", "gpu_partition=gpu_long,gpu", "gpu_type=toy")
    printed = snakemake(clone, *said)
    assert f"account: {ACCOUNT} (your default, of " in printed
    assert "cpu_partition: plain (this cluster's default, of plain, bigmem)" in printed
    mine = own.read_text().replace(f"account: {ACCOUNT}", "account: vision") + "retries: 1\n"
    own.write_text(mine)
    printed = snakemake(clone, *said)
    assert f"{own} is there and stays as it is" in printed
    assert "-  account: vision" in printed and f"+  account: {ACCOUNT}" in printed
    assert "-retries: 1" in printed
    assert own.read_text() == mine
    run_by_name(clone)
    account, partition, gpus, end = ran(several, clone)
    assert (account, gpus, end) == ("vision", "gres:gpu:toy:1", "COMPLETED")
    assert {"gpu", "gpu_long"} & {*partition.split(",")}


def in_a_terminal(folder, *answers):
    command = (sys.executable, "-m", "snakemake", "profile")
    printed, code = typed(folder, *command, question="which? ", answers=answers)
    assert code == 0, printed
    return printed


def test_somebody_at_a_terminal_is_asked_and_answers(several, clone, own):
    printed = in_a_terminal(clone, "nope", "gpu_long")
    question = "gpu_partition: there are several with GPUs, no default (gpu, gpu_long); which? "
    assert printed.count(question) == 2
    assert "gpu_partition: this cluster has no partition nope that takes jobs, but " in printed
    assert f"Written to {own}" in printed
    assert "  gpu_partition: gpu_long # as you said" in own.read_text()


def test_of_several_accounts_without_a_default_one_is_asked_for(several, clone, own):
    with several.no_default_account():
        printed = snakemake(clone, "profile", check=False)
        assert f"account: you have several, and none is your default (vision, {ACCOUNT})" in printed
        assert "Traceback" not in printed and not own.exists()
        printed = in_a_terminal(clone, "vision", "gpu_vision")
    assert "which? vision\n" in printed and "which? gpu_vision\n" in printed
    run_by_name(clone)
    assert ran(several, clone) == ("vision", "gpu_vision", "gres:gpu:1", "COMPLETED")


@pytest.mark.parametrize(
    ("others", "stand_in", "message"),
    [
        (
            (),
            {},
            "there is no sinfo on the PATH: run `snakemake profile` on a login node of a SLURM",
        ),
        (
            ("squeue", "scontrol", "sacct", "sacctmgr"),
            {"sinfo": "echo down >&2; exit 1"},
            "sinfo: down: run `snakemake profile` on a login node",
        ),
    ],
    ids=["none", "down"],
)
def test_without_slurm_one_sentence_says_where_to_run(
    clone, own, tmp_path, monkeypatch, others, stand_in, message
):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "sh", "which", "git", *others):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    write(tools, **stand_in)
    monkeypatch.setenv("PATH", str(tools))
    printed = snakemake(clone, "profile", check=False)
    assert message in printed
    assert "Traceback" not in printed and not own.exists()
