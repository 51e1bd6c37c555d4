"""What a SLURM cluster cannot give is refused with one sentence."""

from dataclasses import replace

import pytest
from yte import process_yaml

from tests.helpers.sinfo import SINFO
from unlearning.planning import cluster
from unlearning.planning.cluster import Offer, Request
from unlearning.planning.partitions import partitions
from unlearning.study.sources import ROOT

OFFER = Offer(partitions(SINFO))
ASKED = Request("train_oracle", "theory", "gpu", 720, 1, "a100", megabytes=4000)


def test_a_request_is_read_from_the_resources_of_a_job():
    resources = {
        "slurm_account": "theory",
        "slurm_partition": "gpu",
        "runtime": 720,
        "gpu": 1,
        "gpu_model": "a100",
        "mem_mb": 4000,
    }
    assert cluster.request("train_oracle", resources) == ASKED
    assert cluster.request("score_method", {}) == Request("score_method")
    assert cluster.request("unlearn", {"qos": "long"}) == Request("unlearn", qos="long")
    assert cluster.request("unlearn", {"qos": "long"}, "high") == Request("unlearn", qos="high")


@pytest.mark.parametrize(
    "asked",
    [
        ASKED,
        replace(ASKED, gpus=8),
        replace(ASKED, gpu_type=""),
        replace(ASKED, partition="mixed", minutes=10**6),
        replace(ASKED, partition="plain", minutes=30, gpus=2, gpu_type=""),
        Request("score_method", "theory", "cpu", 60),
        # Of a list SLURM takes the first that is free and can.
        replace(ASKED, partition="plain,mixed"),
        replace(ASKED, partition="gpu,mixed", minutes=721),
        Request("score_method", "theory", "cpu,gpu,plain", 60),
    ],
)
def test_what_the_cluster_can_give_passes(asked):
    cluster.check([asked], OFFER)


BAD = {
    "no account": ({"account": ""}, r"^account is not set: run `snakemake profile`, which finds"),
    "placeholder account": ({"account": "ACCOUNT"}, r"^account is not set"),
    "no partition": (
        {"partition": ""},
        r"^gpu_partition is not set: .*top of profiles/slurm/profile.yaml; .* cpu, gpu, mixed",
    ),
    "placeholder partition": ({"partition": "GPU_PARTITION"}, r"^gpu_partition is not set"),
    "placeholder of the other": (
        {"partition": "CPU_PARTITION", "gpus": 0},
        r"^cpu_partition is not set",
    ),
    "unknown partition": (
        {"partition": "gpux"},
        r"rule train_oracle: this cluster has no partition gpux, it has cpu, gpu, mixed, plain",
    ),
    "no GPU": ({"partition": "cpu"}, r"asks for a GPU, and no node of partition cpu has any"),
    "type": (
        {"gpu_type": "h100"},
        r"train_oracle: asks for a GPU of type h100, and a node of partition gpu has a100",
    ),
    "type where none is named": (
        {"partition": "plain", "minutes": 1},
        r"type a100, and a node of partition plain has GPUs without a type",
    ),
    "too many GPUs": ({"gpus": 9}, r"asks for 9 GPUs, and a node of partition gpu has 8"),
    "too many of any type": (
        {"partition": "mixed", "gpus": 3, "gpu_type": ""},
        r"asks for 3 GPUs, and a node of partition mixed has 2",
    ),
    "unknown partition of a list": (
        {"partition": "gpu,gpux"},
        r"train_oracle: this cluster has no partition gpux, .*choose one, or several as one,other,",
    ),
    "space in a list": ({"partition": "gpu, mixed"}, r"no partition  mixed, .* as one,other, at"),
    "nothing in a list": ({"partition": "gpu,"}, r"no partition is set for rule .* list gpu,:"),
    "no GPU in a list": ({"partition": "cpu,cpu"}, r"no node of partition cpu,cpu has any"),
    "too many GPUs for a list": (
        {"partition": "plain,gpu,mixed", "gpus": 9},
        r"asks for 9 GPUs, and a node of partition plain,gpu,mixed has 8",
    ),
    "type of no partition of a list": (
        {"partition": "gpu,mixed", "gpu_type": "h100"},
        r"of type h100, and a node of partition gpu,mixed has a100, v100",
    ),
    "runtime where the GPUs are": (
        {"partition": "cpu,gpu", "minutes": 721},
        r"asks for 721 minutes, and partition cpu,gpu allows 720; set a smaller chunk",
    ),
    "memory of a node with that GPU": (
        {"megabytes": 500001},
        r"asks for 500001 MB of memory, and partition gpu allows 500000; set a smaller chunk",
    ),
    "memory": (
        {"partition": "cpu", "gpus": 0, "megabytes": 190001},
        r"asks for 190001 MB of memory, and partition cpu allows 190000",
    ),
    "runtime": (
        {"minutes": 721},
        r"train_oracle: asks for 721 minutes, and partition gpu allows 720; set a smaller chunk",
    ),
}


@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD)
def test_what_it_cannot_give_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        cluster.check([ASKED, replace(ASKED, **change)], OFFER)


def test_all_that_nobody_has_set_is_named_in_one_sentence():
    unset = [
        replace(ASKED, account="ACCOUNT", partition="GPU_PARTITION"),
        Request("score_method", "ACCOUNT", "CPU_PARTITION", 60),
    ]
    with pytest.raises(ValueError, match="^account, cpu_partition and gpu_partition are not set: "):
        cluster.check(unset, OFFER)


def test_where_each_partition_of_a_list_must_allow_a_job_the_strictest_counts():
    asked, offer = replace(ASKED, partition="gpu,mixed", minutes=721), replace(OFFER, every=True)
    with pytest.raises(ValueError, match="partition gpu,mixed allows 720"):
        cluster.check([asked], offer)
    cluster.check([replace(asked, minutes=720)], offer)
    with pytest.raises(ValueError, match="asks for a GPU, and no node of partition gpu,cpu has"):
        cluster.check([replace(asked, partition="gpu,cpu")], offer)


def test_without_sbatch_the_login_node_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match=r"no sbatch on the PATH: run this on a login node"):
        cluster.check_cluster([ASKED])


def test_a_controller_that_does_not_answer_is_named(monkeypatch, tmp_path):
    for name in ("sbatch", "sinfo"):
        lines = "sinfo: error: down\nsinfo: error: no configuration\nsinfo: fatal: none"
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{lines}' >&2\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    with pytest.raises(ValueError, match=r"^SLURM's controller does not answer: sinfo: down$"):
        cluster.check_cluster([ASKED])


def test_the_profile_sends_the_rules_that_ask_for_a_gpu_to_the_gpus():
    rules = [
        rule
        for path in (ROOT / "workflow" / "rules").glob("*.smk")
        for rule in path.read_text().split("\nrule ")[1:]
    ]
    trained = {rule.split(":")[0] for rule in rules if "gpu=1" in rule}
    profile = process_yaml((ROOT / "profiles" / "slurm" / "profile.yaml").read_text())
    assert profile["set-resources"].keys() == trained
    assert {table["slurm_partition"] for table in profile["set-resources"].values()} == {
        repr("GPU_PARTITION")
    }
    # Both would run inside the job that SLURM started, see the profile.
    assert not any(word in rule for rule in rules for word in ("retries:", "group:"))
