"""Steps that are recorded and repeated are the steps that would have been taken."""

import gc
import weakref
from importlib import import_module

import numpy as np
import pytest
import torch
from torch import nn

from tests.helpers.members import ALTERNATIVES
from tests.helpers.networks import GDA, NETWORKS, small_ensemble, stacks_of, trained, unlearned
from tests.helpers.recorders import Named, ReplayedOperations, Waiting
from unlearning.computing import execution
from unlearning.computing.batches import Data, ordered
from unlearning.computing.sgd import SGD
from unlearning.computing.steps import FIRST_STEPS, Steps
from unlearning.ensembles import training
from unlearning.methods import ga, gda, scrub
from unlearning.networks import models, stacking
from unlearning.trajectories.learner import Conditions, Learner

RECIPE = training.Recipe(
    epochs=6, batch_size=8, peak_learning_rate=0.1, peak_epoch=1, momentum=0.9, weight_decay=5e-4
)
AXIS = {"epochs": [4, 6], "ascent_epochs": [2, 5]}
METHODS = {
    "ga": (ga.unlearn, {"learning_rate": 0.05, "batch_size": 4, "batch_norm": "frozen"}),
    "gda": (gda.unlearn, GDA),
    "scrub": (
        scrub.unlearn,
        GDA
        | {"alpha": 0.1, "gamma": 0.9, "temperature": 4.0, "decay_rate": 0.1, "decay_epochs": [3]},
    ),
}


ASCENDING = ("gda", "scrub")
METHODS |= {
    name: (import_module(f"unlearning.methods.{name}").unlearn, keywords)
    for name, keywords in ALTERNATIVES.items()
    if name != "ssd"  # takes no step
}


@pytest.fixture(params=NETWORKS)
def case(request):
    """A network, float64 data with 40 points, and three members that each see 37 of them."""
    return small_ensemble(request.param, points=40, members=3, dtype=torch.float64)


@pytest.fixture
def recorders(monkeypatch):
    """Have every run recorded, and the step size where a recorded step finds it."""
    made = []

    def recorder(_device, _cuda_graphs):
        made.append(ReplayedOperations())
        return made[-1]

    original = SGD.__init__

    def initialise(self, *arguments, **keywords):
        original(self, *arguments, **keywords)
        self._on_device = torch.tensor(self.learning_rate, dtype=torch.float64)

    monkeypatch.setattr(execution.steps, "recorder_for", recorder)
    monkeypatch.setattr(SGD, "__init__", initialise)
    return made


def train(case):
    build, data, subsets = case
    return trained(build, data, subsets, [1, 2, 3], RECIPE, snapshots=[6], execution=stacks_of(2))


def unlearn(case, method, conditions):
    build, data, _ = case
    function, keywords = METHODS[method]
    axis = [(epoch, ascent) for ascent in (2, 5) for epoch in (4, 6)]
    keywords = keywords | (AXIS if method in ASCENDING else {"epochs": [2, 8]})
    return unlearned(
        function,
        keywords,
        build,
        stacking.weights_of(stacking.assemble(build, range(3)).double()),
        data,
        np.arange(6),
        np.arange(6, 40),
        [7, 8, 9],
        snapshots=axis if method in ASCENDING else [(2, None), (8, None)],
        execution=stacks_of(2),
        conditions=conditions,
    )


def test_recorded_training_is_the_same(case, request):
    plain = train(case)
    made = request.getfixturevalue("recorders")
    recorded = train(case)
    for name, value in plain.weights.items():
        torch.testing.assert_close(recorded.weights[name], value, rtol=0, atol=1e-12)
    np.testing.assert_allclose(recorded.margins, plain.margins, rtol=0, atol=1e-6)
    # Two stacks; batches of 8 and the last one of 5; 6 epochs of 5 batches.
    assert [recorder.recorded for recorder in made] == [2, 2]
    assert [recorder.replayed for recorder in made] == [6 * 5 - 2 * FIRST_STEPS] * 2


@pytest.mark.parametrize(
    "conditions", [Conditions(), Conditions(0.9, 5e-4)], ids=["plain", "momentum"]
)
@pytest.mark.parametrize("method", METHODS)
def test_recorded_unlearning_is_the_same(case, method, conditions, request):
    plain = unlearn(case, method, conditions)
    made = request.getfixturevalue("recorders")
    recorded = unlearn(case, method, conditions)
    np.testing.assert_allclose(recorded.margins, plain.margins, rtol=0, atol=1e-6)
    assert recorded.sample_gradients == plain.sample_gradients
    assert sum(recorder.replayed for recorder in made) >= 20


def test_a_loss_that_changes_by_itself_is_found_out(recorders):
    """So the stand-in for CUDA graphs would notice what a method must not do."""
    weight = torch.nn.Linear(1, 1, bias=False)
    steps = Steps(SGD(weight, 1.0), ReplayedOperations())
    factors = iter(range(1, 100))

    def loss(batch):
        return (weight.weight * batch).sum() * next(factors)

    before = weight.weight.item()
    for _ in range(5):
        steps.take(loss, torch.ones(1, 1))
    assert weight.weight.item() == pytest.approx(before - (1 + 2 + 3 + 4 + 4))
    assert recorders == []


@pytest.mark.parametrize("method", ["ga", *ASCENDING, "random_labels"])
def test_nothing_in_a_pass_waits_for_the_device(case, method):
    build, data, subsets = case
    network = stacking.assemble(build, range(3)).double()
    points = torch.arange(6), torch.arange(6, 40)
    learner = Learner(network, data, *points, [1, 2, 3])
    function, keywords = METHODS[method]
    keywords = keywords | (
        {"epochs": [3], "ascent_epochs": [2]} if method in ASCENDING else {"epochs": [3]}
    )
    steps = []
    for which in ("forget_batches", "retain_batches"):
        original = getattr(learner, which)

        def watched(*arguments, original=original):
            batches = list(original(*arguments))
            watch = Waiting()
            with watch:
                yield from batches
            steps.append(watch)

        setattr(learner, which, watched)
    list(function(learner, **keywords))
    assert not [name for watch in steps for name in watch.found]
    assert sum(watch.operations for watch in steps) > 100


def test_nothing_in_an_epoch_of_training_waits_for_the_device(case):
    build, data, subsets = case
    network = stacking.assemble(build, range(3)).double()
    optimizer = SGD(network, momentum=0.9)
    points = torch.from_numpy(subsets)
    epochs = training.train(network, data, points, [1, 2, 3], RECIPE, optimizer, stacks_of(3))
    order = ordered(points, [1, 2, 3], 0)
    training_ordered, training.ordered = training.ordered, lambda *_: order
    try:
        with Waiting() as watch:
            next(epochs)
    finally:
        training.ordered = training_ordered
    assert not watch.found and watch.operations > 100


def test_a_learner_is_gone_when_nothing_holds_it(case):
    """Its weights may be the half of a GPU's memory: they cannot wait for a collection."""
    build, data, _ = case
    network = stacking.assemble(build, range(2)).double()
    learner = Learner(network, data, torch.arange(6), torch.arange(6, 40), [1, 2])
    learner._steps.recorder = ReplayedOperations()
    learner.start(learning_rate=0.1, batch_norm="train")
    for epoch in range(1, 6):
        learner.minimise(Learner.cross_entropy, learner.forget_batches(6, epoch))
    assert learner._steps.recorder.replayed == 2
    held = weakref.ref(network)
    gc.disable()
    try:
        del learner, network
        assert held() is None
    finally:
        gc.enable()


#: Of networks and losses, what torch refuses on a GPU that has to repeat itself bit for bit
#: (torch.use_deterministic_algorithms).
NOT_REPEATED = {
    "_adaptive_avg_pool2d_backward",
    "adaptive_max_pool2d_backward",
    "avg_pool3d_backward",
    "fractional_max_pool2d_backward",
    "nll_loss2d_forward",
    "upsample_bilinear2d_backward",
    "cumsum",
    "median",
    "kthvalue",
    "put",
}


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        ({"name": "mlp", "hidden": 4}, (1, 4, 4)),
        ({"name": "resnet9", "width": 0.04}, (3, 12, 12)),
        ({"name": "resnet18", "width": 0.04}, (3, 32, 32)),
    ],
)
def test_every_operation_has_a_form_that_repeats_itself(model, shape):
    network = stacking.assemble(lambda seed: models.build(model, shape, 3, seed), range(2))
    data = Data(torch.randn(6, *shape), torch.arange(6) % 3)
    learner = Learner(network, data, torch.arange(2), torch.arange(2, 6), [1, 2])
    _, keywords = METHODS["scrub"]
    with Named() as seen:
        list(scrub.unlearn(learner, **keywords, epochs=[1], ascent_epochs=[1]))
    assert {"nll_loss_forward", "nll_loss_backward"} <= seen.names
    assert not seen.names & NOT_REPEATED


def test_the_last_pools_are_those_of_torch():
    features = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    pairs = [
        (models.GlobalMax(), nn.AdaptiveMaxPool2d(1)),
        (models.GlobalMean(), nn.AdaptiveAvgPool2d(1)),
    ]
    for ours, theirs in pairs:
        expected = theirs(features).flatten(1)
        torch.testing.assert_close(ours(features), expected)
        weights = torch.randn(2, 3, dtype=torch.float64)
        gradients = [
            torch.autograd.grad((value * weights).sum(), features)[0]
            for value in (ours(features), expected)
        ]
        torch.testing.assert_close(*gradients)
