"""What the cluster cannot give stops Snakemake with one sentence, before any job is submitted."""

import pytest

from tests.helpers.toy import ON_SLURM

CHUNK = "unlearned/ga/lr0.1/1/0-1"
GPU = ["unlearn:slurm_partition=gpu", "unlearn:gpu_model=toy"]
BAD = {
    "account": (
        ["account: theory", "account: ACCOUNT"],
        [],
        "account is not set: run `snakemake profile`",
    ),
    "partition": (
        ["cpu_partition: cpu", "cpu_partition: long"],
        [],
        "this cluster has no partition long, it has cpu, gpu",
    ),
    "GPUs": (
        None,
        ["--set-resources", *GPU, "unlearn:gpu=3"],
        "rule unlearn: asks for 3 GPUs, and a node of partition gpu has 2",
    ),
    "runtime": (
        None,
        ["--set-resources", *GPU, "unlearn:runtime=61"],
        "rule unlearn: asks for 61 minutes, and partition gpu allows 60",
    ),
}


@pytest.fixture(scope="module")
def toy(begin):
    return begin(CHUNK)


@pytest.mark.parametrize(("setting", "arguments", "message"), BAD.values(), ids=BAD)
def test_one_sentence_and_no_job(slurm, toy, setting, arguments, message):
    profile = toy.folder / "profiles" / "slurm" / "profile.yaml"
    text = profile.read_text()
    if setting:
        profile.write_text(text.replace(*setting))
    printed = toy.run(*ON_SLURM, *arguments, check=False)
    profile.write_text(text)
    assert message in printed
    assert "Traceback" not in printed
    assert not slurm.jobs(toy.folder)
    assert toy.times() == toy.kept


def test_without_slurm_the_login_node_is_named(toy, monkeypatch, tmp_path):
    for name in ("bash", "sh", "which", "git"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    monkeypatch.setenv("PATH", str(tmp_path))
    printed = toy.run("--profile=profiles/slurm", check=False)
    assert "there is no sbatch on the PATH: run this on a login node" in printed
    assert "Traceback" not in printed
