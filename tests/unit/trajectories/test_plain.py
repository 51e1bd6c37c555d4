"""The plain form does what a stack does, member for member, and gives each its own batches."""

import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from tests.helpers import outside
from unlearning.computing.batches import ordered
from unlearning.methods import ga, gda
from unlearning.networks import stacking
from unlearning.study.sources import ROOT
from unlearning.trajectories import plain
from unlearning.trajectories.counting import Work
from unlearning.trajectories.learner import FORGET, RETAIN, Conditions, Learner

ASCENT = """
import torch
from torch.nn import functional


def unlearn(model, forget_loader, retain_loader, *, learning_rate, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for epoch in range(1, max(epochs) + 1):
        for images, labels in forget_loader:
            loss = -functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch in epochs:
            yield epoch
"""
BOTH = ASCENT.replace(
    "        if epoch in epochs:\n            yield epoch\n",
    """        for images, labels in retain_loader:
            optimizer.zero_grad()
            functional.cross_entropy(model(images), labels).backward()
            optimizer.step()
        if epoch in epochs:
            yield epoch, model
""",
)
RETURNED = ASCENT.replace("max(epochs)", "epochs").replace(
    "        if epoch in epochs:\n            yield epoch\n", "    return model\n"
)
IN_PLACE = RETURNED.replace("    return model\n", "")


@pytest.mark.parametrize("batch_norm", ["train", "frozen"])
@pytest.mark.parametrize(("name", "dtype"), [("mlp", torch.float32), ("resnet9", torch.float64)])
@pytest.mark.parametrize("order", ["shuffled", "index"])
def test_plain_ascent_is_ga_member_for_member(tmp_path, name, dtype, order, batch_norm):
    small, conditions = outside.chunk(name, dtype), {"order": order}
    given = {"small": small, "conditions": conditions, "learning_rate": 0.1}
    given |= {"batch_norm": batch_norm}
    one = outside.run(outside.load(tmp_path, ASCENT), **given)
    other = outside.run(ga.unlearn, **given)
    np.testing.assert_allclose(one.margins, other.margins, rtol=1e-5, atol=1e-5)
    assert one.sample_gradients == other.sample_gradients == [6, 18]
    assert one.execution.strategy.members == 1
    pretrained = outside.run(ga.unlearn, **{**given, "learning_rate": 0.0})
    assert np.abs(one.margins - pretrained.margins).max() > 1e-3


def test_plain_descent_ascent_is_gda_member_for_member(tmp_path):
    one = outside.run(outside.load(tmp_path, BOTH), (3,), learning_rate=0.1, forget_batch_size=2)
    other = outside.run(
        lambda learner, **given: (
            snapshot._replace(ascent_epochs=None)
            for snapshot in gda.unlearn(learner, **given, ascent_epochs=[3])
        ),
        (3,),
        learning_rate=0.1,
        forget_batch_size=2,
        batch_norm="train",
    )
    np.testing.assert_allclose(one.margins, other.margins, rtol=1e-5, atol=1e-5)
    assert one.sample_gradients == other.sample_gradients == [3 * outside.TRAIN]


@pytest.mark.parametrize("text", [RETURNED, IN_PLACE], ids=["returned", "in place"])
def test_a_function_that_returns_is_called_for_each_epoch(tmp_path, text):
    yielded = outside.run(outside.load(tmp_path, ASCENT), learning_rate=0.1)
    called = outside.run(outside.load(tmp_path, text), learning_rate=0.1)
    np.testing.assert_array_equal(called.margins, yielded.margins)
    assert called.sample_gradients == yielded.sample_gradients


def learner_of(member=0):
    small = outside.chunk()
    network = stacking.assemble(small.build, [member])
    kept = np.setdiff1d(np.arange(outside.TRAIN), outside.FORGET)
    points = torch.from_numpy(outside.FORGET), torch.from_numpy(kept)
    return Learner(network, small.prepared.data, *points, [small.seeds[member]])


def test_loaders_are_ordinary_and_go_in_the_order_of_the_learner():
    learner, other = learner_of(), learner_of()
    work = Work()
    loaders = plain.loaders(learner, {"batch_size": 7, "forget_batch_size": 2}, work)
    assert all(type(loader) is DataLoader for loader in loaders.values())
    taken = 0
    for epoch in (1, 2):
        for name, batches in {
            "forget_loader": other.forget_batches(2, epoch),
            "retain_loader": other.retain_batches(7, epoch),
        }.items():
            expected = [learner.data.gather(batch) for batch in batches]
            for (images, labels), (pixels, classes) in zip(loaders[name], expected, strict=True):
                assert torch.equal(images, pixels[0]) and torch.equal(labels, classes[0])
                taken += len(labels)
    assert work.cost == work.handed_out == taken == 2 * outside.TRAIN


def test_loaders_say_where_the_points_of_a_batch_stand_in_the_data_set():
    learner = learner_of()
    loaders = plain.loaders(learner, {"batch_size": 7, "forget_batch_size": 4}, Work())
    for name, loader in loaders.items():
        assert loader.points.dtype == torch.int64 and not len(loader.points)
        seen = []
        for images, labels in loader:
            inputs, classes = learner.data.gather(loader.points.unsqueeze(0))
            assert torch.equal(images, inputs[0]) and torch.equal(labels, classes[0]), name
            seen += loader.points.tolist()
        assert len(set(seen)) == len(seen) == len(loader.dataset)


EXAMPLE = re.search(
    r"^```python\n(# needs: \[oracle_outputs\].*?)^```$",
    (ROOT / "docs" / "your_method.md").read_text(),
    re.MULTILINE | re.DOTALL,
)[1]


def test_the_example_of_a_method_that_needs_more_comes_to_the_oracles_outputs(tmp_path):
    small = outside.chunk()
    generator = torch.Generator().manual_seed(1)
    oracles = torch.randn(5, outside.POINTS, 3, generator=generator)
    wanted = oracles.mean(0)
    own = torch.arange(outside.POINTS), small.prepared.data.labels
    others = wanted.clone()
    others[own] = -torch.inf
    margins = (wanted[own] - others.logsumexp(1)).numpy()
    method = outside.load(tmp_path, EXAMPLE)
    distances = [
        np.square(found[:, outside.FORGET] - margins[outside.FORGET]).mean()
        for found in outside.run(
            method, (1, 100), small=small, oracle_outputs=oracles, learning_rate=0.05
        ).margins
    ]
    assert distances[1] < distances[0] / 3


def test_the_validation_loader_has_the_rest_in_order_and_costs_nothing():
    learner = learner_of()
    work = Work()
    loader = plain.loaders(learner, {"batch_size": 7}, work)["val_loader"]
    labels = torch.cat([labels for _, labels in loader])
    assert torch.equal(labels, learner.data.labels[outside.TRAIN :])
    assert work.cost == 0


def test_what_is_taken_from_a_data_set_itself_counts_too():
    learner = learner_of()
    work = Work()
    dataset = plain.loaders(learner, {"batch_size": 7}, work)["retain_loader"].dataset
    image, label = dataset[3]
    assert image.shape == (1, 4, 4) and label.shape == ()
    assert sum(len(labels) for _, labels in DataLoader(dataset, batch_size=5)) == len(dataset)
    assert work.cost == 1 + len(dataset)


def test_members_have_orders_of_their_own_and_passes_differ():
    orders = [list(plain.Order(9, seed, FORGET, True)) for seed in (1, 2)]
    again = plain.Order(9, 1, FORGET, True)
    assert list(again) == orders[0] != orders[1]
    assert list(again) == ordered(torch.arange(9)[None], [1], 2, FORGET)[0].tolist() != orders[0]
    assert list(plain.Order(9, 1, RETAIN, True)) != orders[0]
    assert list(plain.Order(4, 1, RETAIN, False)) == [0, 1, 2, 3]


KEPT = BOTH.replace("for images, labels in retain_loader", "for images, labels in kept").replace(
    "    optimizer =", "    kept = list(retain_loader)\n    optimizer ="
)
VALIDATED = BOTH.replace("retain_loader", "val_loader")
COPIED = "import copy\n" + BOTH.replace(
    "    optimizer =", "    model = copy.deepcopy(model)\n    optimizer ="
)
TAUGHT = BOTH.replace(
    "            optimizer.zero_grad()\n            functional",
    "            with torch.no_grad():\n                model(images), model(images)\n"
    "            optimizer.zero_grad()\n            functional",
)


EVALUATED = KEPT.replace("    kept =", "    model.eval()\n    kept =")
TWICE = BOTH.replace(
    "            functional.cross_entropy(model(images), labels).backward()\n",
    "            functional.cross_entropy(model(images), labels).backward(retain_graph=True)\n" * 2,
)
TRANSFORMED = """
import torch
from torch.nn import functional


def unlearn(model, forget_loader, retain_loader, *, learning_rate, epochs):
    def loss(weights, images, labels):
        outputs = torch.func.functional_call(model, weights, (images,))
        return functional.cross_entropy(outputs, labels)

    for epoch in range(1, max(epochs) + 1):
        for loader in (forget_loader, retain_loader):
            for batch in loader:
                weights = {name: value.detach() for name, value in model.named_parameters()}
                found = torch.func.grad(loss)(weights, *batch)
                for name, value in model.named_parameters():
                    value.data -= learning_rate * found[name]
        if epoch in epochs:
            yield epoch
"""


@pytest.mark.parametrize(
    ("text", "cost", "told"),
    [
        (BOTH, [30, 90], None),
        (KEPT, [30, 90], (90, 42)),
        (EVALUATED, [30, 90], (90, 42)),
        (VALIDATED, [16, 48], (48, 18)),
        (TWICE, [54, 162], (162, 90)),
        (COPIED, [30, 90], None),
        (TAUGHT, [30, 90], None),
        (TRANSFORMED, [30, 90], None),
    ],
    ids=[
        "of both sets", "kept in memory", "kept, in evaluation mode", "of the validation set",
        "each twice", "of a copy", "of a teacher", "by a transform",
    ],
)  # fmt: skip
def test_the_cost_is_the_gradients_that_are_taken(tmp_path, caplog, text, cost, told):
    caplog.set_level("INFO")
    found = outside.run(outside.load(tmp_path, text), learning_rate=0.1, forget_batch_size=2)
    assert found.sample_gradients == cost
    said = [each.getMessage() for each in caplog.records if "were taken" in each.getMessage()]
    assert len(said) == bool(told)
    if told:
        assert f"gradients of {told[0]} points were taken" in said[0]
        assert f"handed out {told[1]}:" in said[0] and "(member 0, the first of all)" in said[0]


def test_what_is_handed_out_counts_without_a_gradient(tmp_path):
    text = BOTH.replace(
        "functional.cross_entropy(model(images), labels).backward()", "model(images)"
    )
    found = outside.run(outside.load(tmp_path, text), learning_rate=0.1, forget_batch_size=2)
    assert found.sample_gradients == [30, 90]


ADAPTIVE = (
    BOTH.replace("import torch\n", "import torch\nCALLS = []\n", 1)
    .replace("    optimizer =", "    CALLS.append(1)\n    more = len(CALLS) == 1\n    optimizer =")
    .replace("in retain_loader:", "in retain_loader if more else ():")
)


def test_the_cost_is_the_mean_of_members_that_differ(tmp_path):
    found = outside.run(outside.load(tmp_path, ADAPTIVE), learning_rate=0.1, forget_batch_size=2)
    assert found.sample_gradients == [(30 + 3 * 6) / 4, (90 + 3 * 18) / 4]


RANDOM = """
import random
import numpy
import torch

DRAWN = []


def unlearn(model, retain_loader, *, epochs):
    for images, labels in retain_loader:
        pass
    DRAWN.append((torch.rand(1).item(), numpy.random.rand(), random.random()))
    with torch.no_grad():
        model[1].weight.mul_(1 + torch.rand(1))
"""


def test_random_numbers_are_the_members_own_whatever_was_drawn_before(tmp_path):
    method = outside.load(tmp_path, RANDOM)
    first = outside.run(method, (1,))
    torch.rand(5)
    second = outside.run(method, (1,))
    drawn = method.function.__globals__["DRAWN"]
    assert drawn[:4] == drawn[4:] and len(set(drawn)) == 4
    np.testing.assert_array_equal(first.margins, second.margins)


def test_frozen_batch_norm_stays_frozen_in_training_mode():
    learner = learner_of()

    def build(seed=0):
        return nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(32, 3))

    learner.network = stacking.assemble(build, [0])
    for mode, moves in (("train", True), ("frozen", False)):
        network = plain.ordinary(learner, build, mode)
        network.train()(learner.data.inputs[:4].float())
        assert bool(network[1].running_mean.any()) is moves
        assert network[1].weight.requires_grad


def test_a_method_that_takes_them_is_given_sizes_and_the_optimizer(tmp_path):
    text = """
def unlearn(net, retain_loader, *, batch_size, momentum, early_weights, epochs):
    assert (batch_size, momentum, retain_loader.batch_size) == (4, 0.9, 4)
    assert {name: value.shape for name, value in early_weights[2].items()} == {
        name: value.shape for name, value in net.state_dict().items()
    }
    yield from epochs
"""
    early = {2: {name: value[:1] for name, value in outside.weights_of(outside.chunk()).items()}}
    method = outside.load(tmp_path, text)
    outside.run(method, conditions={"momentum": 0.9}, early_weights=early)


def test_what_a_call_changes_of_its_needs_is_not_seen_by_the_next(tmp_path):
    text = """
def unlearn(net, retain_loader, *, early_weights, oracle_outputs, epochs):
    for given in (oracle_outputs, *early_weights[2].values()):
        given.mul_(0)
    net.load_state_dict(early_weights[2])
"""
    small = outside.chunk()
    early = {2: {name: value[:1] for name, value in outside.weights_of(small).items()}}
    oracles = torch.ones(2, outside.POINTS, 3)
    before = {name: value.clone() for name, value in early[2].items()}
    method = outside.load(tmp_path, text)
    outside.run(method, (1, 2), small=small, early_weights=early, oracle_outputs=oracles)
    assert all(torch.equal(early[2][name], before[name]) for name in before)
    assert (oracles == 1).all()


def test_weights_are_copied(tmp_path):
    small = outside.chunk()
    weights = outside.weights_of(small)
    before = {name: value.clone() for name, value in weights.items()}
    method = outside.load(tmp_path, ASCENT)
    outside.run(method, small=small, weights=weights, learning_rate=1.0)
    assert all(torch.equal(weights[name], before[name]) for name in weights)


def test_conditions_of_the_learner_are_those_of_the_loaders():
    learner = learner_of()
    learner.conditions = Conditions(shuffle=False)
    loader = plain.loaders(learner, {"batch_size": 9}, Work())["forget_loader"]
    assert torch.equal(next(iter(loader))[1], learner.data.labels[outside.FORGET])
