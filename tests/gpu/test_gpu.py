"""On a GPU members are what they are on a processor, however they are computed there."""

import logging
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from tests.helpers.networks import (
    GDA,
    OF_TOKENS,
    ON_GPU,
    small_ensemble,
    stacks_of,
    trained,
    unlearned,
)
from unlearning.computing import batches
from unlearning.computing.execution import Execution
from unlearning.computing.precision import products_in
from unlearning.computing.sgd import SGD
from unlearning.ensembles import training
from unlearning.methods import ga, gda, scrub
from unlearning.networks import models, stacking
from unlearning.scoring.rows import split_points
from unlearning.scoring.scores import Scoring, score
from unlearning.study.strategies import Strategy

RECIPE = training.Recipe(
    epochs=6, batch_size=8, peak_learning_rate=0.1, peak_epoch=1, momentum=0.9, weight_decay=5e-4
)
LAYOUTS = [("grouped", 1), ("grouped", 3), ("batched", 3), ("side_by_side", 3)]
# A step size that float32 holds exactly: a GPU rounds it, and ascent multiplies such differences.
ASCENT = GDA | {"learning_rate": 3 / 64, "epochs": [4, 6], "ascent_epochs": [2, 5]}
SCRUB = {"alpha": 0.1, "gamma": 0.9, "temperature": 4.0, "decay_rate": 0.1, "decay_epochs": [3]}


def moved(data, device):
    """Return data on another device."""
    inputs, labels, normalisation = data.inputs.to(device), data.labels.to(device), None
    if data.normalisation is not None:
        normalisation = batches.Normalisation(*(value.to(device) for value in data.normalisation))
    return data._replace(inputs=inputs, labels=labels, normalisation=normalisation)


def case(name, device, dtype=torch.float32):
    build, data, subsets = small_ensemble(name, points=40, members=3, dtype=dtype)
    return build, moved(data, device), subsets


def train(build, data, subsets, how, recipe=RECIPE):
    epochs = recipe.epochs
    return trained(build, data, subsets, [1, 2, 3], recipe, snapshots=[epochs], execution=how)


def unlearn(build, data, method, further, how, dtype):
    weights = stacking.weights_of(stacking.assemble(build, range(3)).to(dtype))
    axis = [(epoch, ascent) for ascent in (2, 5) for epoch in (4, 6)]
    points = np.arange(6), np.arange(6, 40)
    keywords = ASCENT | further
    return unlearned(
        method, keywords, build, weights, data, *points, [7, 8, 9], snapshots=axis, execution=how
    )


def assert_same_weights(one, other, tolerance):
    for name, value in one.weights.items():
        torch.testing.assert_close(other.weights[name], value, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", ON_GPU)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_step_in_float32_is_the_processors(gpu, name, layout):
    one_step = replace(RECIPE, epochs=1, peak_epoch=0.5, batch_size=40)
    how = Execution(Strategy(*layout))
    on_processor = train(*case(name, "cpu"), stacks_of(1), one_step)
    assert_same_weights(on_processor, train(*case(name, gpu), how, one_step), 1e-5)


@pytest.mark.parametrize("name", ON_GPU)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_thirty_steps_in_float64_are_the_processors(gpu, name, layout):
    """Recorded as CUDA graphs: the step size alone is a float32 number there."""
    on_processor = train(*case(name, "cpu", torch.float64), stacks_of(1))
    on_gpu = train(*case(name, gpu, torch.float64), Execution(Strategy(*layout)))
    assert_same_weights(on_processor, on_gpu, 1e-5)
    np.testing.assert_allclose(on_gpu.margins, on_processor.margins, rtol=0, atol=1e-3)


@pytest.mark.parametrize("name", OF_TOKENS)
def test_members_that_predict_tokens_are_the_processors(gpu, name):
    """There nothing is left out behind the end of a sequence, and attention is torch's products."""
    on_processor = train(*case(name, "cpu", torch.float64), stacks_of(1))
    on_gpu = train(*case(name, gpu, torch.float64), Execution(Strategy("grouped", 3)))
    assert_same_weights(on_processor, on_gpu, 1e-5)
    np.testing.assert_allclose(on_gpu.margins, on_processor.margins, rtol=0, atol=1e-3)


@pytest.mark.parametrize("layout", [("grouped", 3), ("side_by_side", 3)])
def test_recorded_steps_are_the_steps_one_by_one(gpu, layout):
    how = Execution(Strategy(*layout))
    one_by_one = train(*case("resnet9", gpu, torch.float64), replace(how, cuda_graphs=False))
    recorded = train(*case("resnet9", gpu, torch.float64), how)
    assert_same_weights(one_by_one, recorded, 1e-9)


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # torch asks its own tensors
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what the compiler imports
@pytest.mark.filterwarnings("ignore:TensorFloat32 tensor cores")  # float32 is what is asked for
def test_compiled_members_are_the_same(gpu):
    one_step = replace(RECIPE, epochs=1, peak_epoch=0.5, batch_size=40)
    plain = train(*case("resnet9", gpu), stacks_of(3), one_step)
    compiled = train(*case("resnet9", gpu), Execution(Strategy("grouped", 3, True)), one_step)
    assert_same_weights(plain, compiled, 1e-5)


@pytest.mark.parametrize(("method", "further"), [(gda.unlearn, {}), (scrub.unlearn, SCRUB)])
def test_unlearning_is_the_processors(gpu, method, further):
    build, data, _ = case("resnet9", "cpu", torch.float64)
    expected = unlearn(build, data, method, further, stacks_of(3), torch.float64)
    build, data, _ = case("resnet9", gpu, torch.float64)
    found = unlearn(build, data, method, further, stacks_of(3), torch.float64)
    np.testing.assert_allclose(found.margins, expected.margins, rtol=0, atol=1e-3)
    assert found.sample_gradients == expected.sample_gradients


def test_orders_are_the_processors(gpu):
    points = torch.arange(5000).expand(4, -1)
    expected = batches.ordered(points, [1, 2, 3, 4], 5, 1)
    assert torch.equal(batches.ordered(points.to(gpu), [1, 2, 3, 4], 5, 1).cpu(), expected)


@pytest.mark.filterwarnings("ignore:Synchronization debug mode")  # that it is a prototype
def test_nothing_in_an_epoch_waits(gpu, monkeypatch):
    """CUDA itself refuses to wait while steps are taken, the recording of them included."""
    build, data, subsets = case("resnet9", gpu)
    network = stacking.assemble(build, range(3)).to(gpu)
    optimizer = SGD(network, momentum=0.9, weight_decay=5e-4)
    points = torch.from_numpy(subsets).to(gpu)
    run = training.train(network, data, points, [1, 2, 3], RECIPE, optimizer, stacks_of(3))
    with products_in("float32"):
        for _ in range(4):  # the order of the next epoch is computed before its first step
            next(run)
        order = batches.ordered(points, [1, 2, 3], 4)
        monkeypatch.setattr(training, "ordered", lambda *_: order)
        try:
            torch.cuda.set_sync_debug_mode("error")
            next(run)
        finally:
            torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_deterministic_run_repeats_bit_for_bit(gpu, deterministic, precision):
    how = stacks_of(2, precision=precision)
    one, other = (train(*case("resnet9", gpu), how) for _ in range(2))
    assert_same_weights(one, other, 0)
    np.testing.assert_array_equal(one.margins, other.margins)


def test_a_stack_that_does_not_fit_is_split(gpu, caplog):
    """Four full networks on images of 96 pixels need more than the memory left to them."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (256, 96, 96, 3), dtype=np.uint8)
    data = batches.prepare(images, rng.integers(0, 10, 256), [0.5] * 3, [0.25] * 3, gpu)
    recipe = training.Recipe(1, 256, 1e-3, 0.5, 0.9, 5e-4)

    def run(members):
        return trained(
            lambda seed: models.build({"name": "resnet9", "width": 1.0}, (3, 96, 96), 10, seed),
            data,
            np.tile(np.arange(256), (4, 1)),
            [1, 2, 3, 4],
            recipe,
            snapshots=[1],
            execution=stacks_of(members),
        )

    torch.cuda.reset_peak_memory_stats()
    alone = run(1)
    torch.cuda.empty_cache()
    # Allocated, not reserved: each of the four stacks has a stream, which keeps what it let go of.
    one = torch.cuda.max_memory_allocated() / torch.cuda.get_device_properties(gpu).total_memory
    try:
        torch.cuda.set_per_process_memory_fraction(min(1.0, 2.2 * one))
        with caplog.at_level(logging.INFO):
            split = run(4)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert "too little memory for 4 members at once" in caplog.text
    assert_same_weights(alone, split, 1e-4)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_scores_are_those_of_the_processor(gpu, precision):
    """Pretrained and ascended digits against oracles, P95 inside each other's interval."""
    found = digits_scores(torch.device("cpu"), "float32"), digits_scores(gpu, precision)
    for of_processor, of_gpu in zip(*found, strict=True):
        assert of_processor["klom_p95_low"] <= of_gpu["klom_p95"] <= of_processor["klom_p95_high"]
        assert of_gpu["klom_p95_low"] <= of_processor["klom_p95"] <= of_gpu["klom_p95_high"]


@cache
def digits_scores(device, precision):
    """Return the scores of pretrained and of ascended members, N = 30."""
    digits = load_digits()
    images = np.pad(
        (digits.images * 255 / 16).astype(np.uint8)[..., None], ((0, 0), (4, 4), (4, 4), (0, 0))
    )
    data = batches.prepare(images, digits.target, [0.2], [0.35], device)
    model = {"name": "resnet9", "width": 0.125}
    how = stacks_of(5, precision=precision)
    recipe = training.Recipe(12, 50, 0.2, 3, 0.9, 5e-4)
    forget, retain = np.arange(10), np.arange(10, 1000)

    def ensemble_on(points, seeds):
        return trained(
            lambda seed: models.build(model, (1, 16, 16), 10, seed),
            data,
            np.tile(points, (30, 1)),
            seeds,
            recipe,
            snapshots=[12],
            execution=how,
        )

    pretrained = ensemble_on(np.arange(1000), range(30))
    oracle = ensemble_on(retain, range(100, 130))
    ascended = unlearned(
        ga.unlearn,
        {"learning_rate": 1e-2, "batch_size": 64, "batch_norm": "frozen", "epochs": [5]},
        lambda seed: models.build(model, (1, 16, 16), 10, seed),
        pretrained.weights,
        data,
        forget,
        retain,
        range(30),
        snapshots=[(5, None)],
        execution=how,
    )
    splits = split_points(forget, 1000, len(images) - 1000)
    scoring = Scoring(variant="default", clip=100.0, bootstrap=100, seed=0)
    rows = []
    for members in (pretrained, ascended):
        correct = np.unpackbits(members.correct[0], -1, len(images)).astype(np.bool_)
        rows += score(members.margins[0], correct, oracle.margins[0], splits, scoring)[0]
    return rows
