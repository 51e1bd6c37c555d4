"""The work, size and time of jobs, against counting and against what jobs really do."""

from copy import deepcopy
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import yaml

from tests.helpers.configs import study as league
from tests.helpers.networks import stacks_of, unlearned
from unlearning.artifacts.files import save_array
from unlearning.computing.batches import Data
from unlearning.computing.sgd import SGD
from unlearning.ensembles import margins
from unlearning.networks import models, stacking, weights
from unlearning.planning.costs import EVALUATION_BATCH, Costs
from unlearning.planning.network_size import network_size
from unlearning.planning.resources import Needs
from unlearning.study.design import Trajectory, arguments, snapshots
from unlearning.study.passes import counted
from unlearning.study.sources import ROOT
from unlearning.study.strategies import fixed
from unlearning.trajectories.learner import Learner


def study(**changes):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    for key, value in changes.items():
        config[key] = {**config[key], **value} if isinstance(value, dict) else value
    return config


def wildcards(**names):
    return SimpleNamespace(**names)


def layers(network, shape):
    """Count multiply-accumulates by what passes through each layer."""
    found = []

    def count(layer, _, output):
        per_output = layer.weight[0].numel()
        found.append(per_output * output[0].numel())

    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            layer.register_forward_hook(count)
    network.eval()
    network(torch.zeros(1, *shape))
    return sum(found)


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        ({"name": "mlp", "hidden": 7}, (2, 5, 5)),
        ({"name": "resnet9", "width": 1.0}, (3, 32, 32)),
        ({"name": "resnet9", "width": 0.125}, (1, 16, 16)),
        ({"name": "resnet9", "width": 0.3}, (1, 29, 29)),
        ({"name": "resnet18", "width": 1.0}, (3, 64, 64)),
        ({"name": "resnet18", "width": 0.1}, (1, 37, 37)),
    ],
)
def test_sizes_are_those_of_the_networks(model, shape):
    network = models.build(model, shape, 10, 0)
    size = network_size(model, shape, 10)
    assert size.products == layers(network, shape)
    stacked = stacking.weights_of(stacking.stack(network, 1))
    assert size.numbers == sum(value.numel() for value in stacked.values())


LEAGUE = league("digits_league.yaml")


#: What asks for more than the members is held in `test_costs_needs.py`.
ALONE = [name for name in LEAGUE["run"]["methods"] if not LEAGUE["methods"][name].get("needs")]


@pytest.mark.parametrize("method", ALONE)
def test_work_and_disk_are_those_of_a_real_job(method, tmp_path, monkeypatch):
    """Sample gradients, steps and evaluations of a job, and the bytes of its files."""
    config = deepcopy(LEAGUE) | {"device": "cpu"}
    config["dataset"] |= {"name": "synthetic", "train": 60, "validation": 20}
    config["architectures"]["mlp"]["hidden"] = 5
    config["computing"] |= {"members_per_stack": 2}
    config["forget_sets"]["1"]["size"] = 6
    config["methods"][method]["fixed"]["batch_size"] = 16
    for section, value in (("sweep", [4]), ("fixed", 4)):
        if "forget_batch_size" in config["methods"][method][section]:
            config["methods"][method][section]["forget_batch_size"] = value
    needs = Needs(config)
    name, run = next(iter(needs.trajectories(method, "1").items()))
    job = wildcards(method=method, trajectory=name, forget_set="1", chunk="0-2")
    generator = torch.Generator().manual_seed(0)
    data = Data(torch.randn(80, 1, 8, 8, generator=generator), torch.arange(80) % 10)

    def build(seed):
        return models.build({"name": "mlp", "hidden": 5}, (1, 8, 8), 10, seed)

    seen = {"gradients": 0, "evaluations": 0, "steps": 0}
    originals = Learner.logits, SGD.step, margins._batches

    def logits(learner, batch):
        seen["gradients"] += batch.numel()
        return originals[0](learner, batch)

    def step(optimizer, loss):
        seen["steps"] += 1
        return originals[1](optimizer, loss)

    def evaluated(network, points, members, precision):
        seen["evaluations"] += members * len(points.labels)
        return originals[2](network, points, members, precision)

    monkeypatch.setattr(Learner, "logits", logits)
    monkeypatch.setattr(SGD, "step", step)
    monkeypatch.setattr(margins, "_batches", evaluated)
    axis = snapshots(config, method, "1", run)
    pretrained = stacking.weights_of(stacking.assemble(build, [0, 1, 2]))
    done = unlearned(
        import_module(f"unlearning.methods.{method}").unlearn,
        arguments(config, method, "1", run),
        build,
        pretrained,
        data,
        np.arange(6),
        np.arange(6, 60),
        [5, 6, 7],
        snapshots=axis,
        execution=stacks_of(2),
    )
    work = needs.work("unlearn", job)
    assert work.members == 3
    assert {key: getattr(work, key) for key in seen} == seen
    counts = [counted(method, run.hyperparameters, 6, 54, *key).gradients for key in axis]
    assert done.sample_gradients == counts
    sizes = needs.outputs("unlearn", job)
    save_array(str(tmp_path / "margins.npy"), done.margins)
    save_array(str(tmp_path / "correct.npy"), done.correct)
    for output in ("margins", "correct"):
        assert (tmp_path / f"{output}.npy").stat().st_size == pytest.approx(sizes[output], abs=150)
    weights.save_weights(str(tmp_path / "weights"), pretrained, [5, 6, 7])
    predicted = needs.outputs("train_pretrained", wildcards(chunk="0-2"))["weights"]
    assert (tmp_path / "weights").stat().st_size == pytest.approx(predicted, abs=1000)


def test_training_counts_every_step_and_sample():
    config = study(computing={"members_per_stack": 3})
    costs = Costs(config)
    points = config["dataset"]["train"] - 50
    gradients = steps = 0
    for start in range(0, 10, 3):
        members = min(3, 10 - start)
        for _ in range(config["training"]["epochs"]):
            for first in range(0, points, config["training"]["batch_size"]):
                gradients += members * min(config["training"]["batch_size"], points - first)
                steps += 1
    work = costs.work("train_oracle", wildcards(chunk="20-29", forget_set="2"))
    assert (work.gradients, work.steps, work.members) == (gradients, steps, 10)
    assert work.evaluations == 10 * 5 * 1797
    half = costs.work("train_datamodels", wildcards(chunk="0-9"))
    assert half.gradients == 10 * 24 * round(0.5 * 1347)


@pytest.mark.parametrize("rule", ["train_pretrained", "train_oracle", "train_datamodels"])
def test_costs_grow_with_members_and_epochs(rule):
    few, many = wildcards(chunk="0-9", forget_set="1"), wildcards(chunk="0-99", forget_set="1")
    short = Needs(study())
    long = Needs(study(training={"epochs": 48}))
    for device in ("cpu", "gpu"):
        assert short.job_seconds(rule, few, device) < short.job_seconds(rule, many, device)
        assert short.job_seconds(rule, few, device) < long.job_seconds(rule, few, device)
    assert short.memory(rule, few) < short.memory(rule, many)
    assert sum(short.outputs(rule, few).values()) < sum(short.outputs(rule, many).values())


def test_resources_grow_with_the_attempt_and_are_whole_numbers():
    needs = Needs(study())
    job = wildcards(method="gda", trajectory="lr0.1_forgetbatch32", forget_set="4", chunk="0-99")
    for function in (needs.mem_mb("unlearn"), needs.runtime("unlearn")):
        values = [function(job, attempt) for attempt in (1, 2, 3)]
        assert values == sorted(set(values))
        assert all(type(value) is int for value in values)
    assert needs.mem_mb("unlearn")(job, 1) * 1e6 > needs.memory("unlearn", job)


def test_a_study_on_the_processor_asks_for_no_cuda():
    sizes = {
        device: Needs(study(device=device)).memory("train_pretrained", wildcards(chunk="0-9"))
        for device in ("cpu", "auto", "cuda")
    }
    assert sizes["cpu"] < sizes["cuda"] < sizes["auto"]


@pytest.mark.parametrize("rule", ["score_method", "score_baselines"])
def test_scoring_holds_every_score_of_every_resampling(rule):
    job = wildcards(method="ga", forget_set="1")
    few, many = (
        Needs(study(klom={"bootstrap": repeats})).memory(rule, job) for repeats in (100, 10_100)
    )
    # In float32, one column a point: at least as they are.
    assert many - few >= 4 * 10_000 * (1347 + 450)


def test_the_published_protocol_forgets_fewer_points():
    config = study(protocol="published", forget_sets={"3": {"kind": "random", "size": 300}})
    run = Trajectory("", {}, (1,), ())
    assert Costs(config).unlearned_sizes("3", run) == (100, 1247)
    corrected = Costs(config | {"protocol": "corrected"})
    assert corrected.unlearned_sizes("3", run) == (300, 1047)
    cut = Trajectory("", {"forget_limit": 20}, (1,), ())
    assert corrected.unlearned_sizes("3", cut) == Costs(config).unlearned_sizes("3", cut)
    assert corrected.unlearned_sizes("3", cut) == (20, 1327)


def test_forget_sets_without_a_number_are_counted(tmp_path):
    (tmp_path / "mine.txt").write_text("4\n8\n15\n")
    sets = {
        "mine": {"kind": "indices", "file": str(tmp_path / "mine.txt")},
        "class": {"kind": "class", "label": 3, "size": None, "seed": 0},
    }
    costs = Costs(study(forget_sets=sets))
    assert costs.forget_size("mine") == 3
    assert costs.forget_size("class") == pytest.approx(1347 / 10, abs=1)


def test_stacks_are_those_of_the_jobs():
    for model, pad_to in (("mlp", None), ("resnet9", 16), ("resnet9", 28)):
        config = study(model=model, dataset={"pad_to": pad_to})
        for batch in (32, 128, 129):
            expected = fixed(model, pad_to or 8, batch).members
            assert Costs(config).stack(batch) == expected
    assert EVALUATION_BATCH == margins.POINTS_PER_BATCH


def test_subsampling_holds_one_run_at_a_time_and_takes_time_for_all():
    job = wildcards(forget_set="1")
    few, many = (Needs(study(stability={"runs": runs})) for runs in (2, 50))
    assert few.memory("subsample_members", job) == many.memory("subsample_members", job)
    assert few.subsampled() == 3 * 2 and many.subsampled() == 15 + 6 + 6
    seconds = [each.job_seconds("subsample_members", job, "cpu") - 10 for each in (few, many)]
    assert seconds[1] / seconds[0] == pytest.approx((27 + 2) / (6 + 2))
    # Both ensembles of oracles, and a run along its axis, are in memory.
    assert many.memory("subsample_members", job) > 4 * (200 + 100 * 10) * (1347 + 450)


def test_sampling_holds_one_run_at_a_time_and_takes_time_for_all():
    job = wildcards(forget_set="1")
    one, all_three = (
        Needs(study(run={"methods": names})) for names in (["ga"], ["ga", "gda", "scrub"])
    )
    assert one.memory("sample_points", job) == all_three.memory("sample_points", job)
    assert one.memory("sample_points", job) > 4 * 100 * max(one.axes("ga", "1")) * (1347 + 450)
    seconds = [each.job_seconds("sample_points", job, "cpu") for each in (one, all_three)]
    assert 10 < seconds[0] < seconds[1] < 20


def test_stopping_holds_one_run_at_a_time_and_scores_the_forget_set_alone():
    job = wildcards(forget_set="1")
    needs, more = (Needs(study(klom={"bootstrap": repeats})) for repeats in (10, 1000))
    longest = max(len(run["snapshots"]) for run in needs.stopped(job))
    assert needs.memory("compare_stopping", job) > 4 * 100 * longest * (1347 + 450)
    seconds = [each.job_seconds("compare_stopping", job, "cpu") for each in (needs, more)]
    assert 10 < seconds[0] < seconds[1] < 60
