"""However members are computed, they are the same members."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.helpers.networks import GDA, NETWORKS, small_ensemble, stacks_of, trained, unlearned
from unlearning.computing import execution, precision
from unlearning.computing.execution import Execution, execution_of, fits, in_stacks
from unlearning.ensembles import margins, training
from unlearning.methods import gda
from unlearning.networks import stacking
from unlearning.study.strategies import Strategy

RECIPE = training.Recipe(
    epochs=4, batch_size=8, peak_learning_rate=0.1, peak_epoch=1, momentum=0.9, weight_decay=5e-4
)
CPU = torch.device("cpu")


@pytest.fixture(params=NETWORKS)
def case(request):
    """A network, float64 data with 40 points, and five members that each see 37 of them."""
    return small_ensemble(request.param, points=40, members=5, dtype=torch.float64)


def train(case, how, members=5):
    build, data, subsets = case
    seeds = list(range(100, 100 + members))
    return trained(build, data, subsets[:members], seeds, RECIPE, snapshots=[1, 4], execution=how)


def unlearn(case, how):
    build, data, _ = case
    weights = stacking.weights_of(stacking.assemble(build, range(5)).double())
    return unlearned(
        gda.unlearn,
        GDA | {"epochs": [2, 3], "ascent_epochs": [1, 2]},
        build,
        weights,
        data,
        np.arange(6),
        np.arange(6, 40),
        [7, 8, 9, 10, 11],
        snapshots=[(2, 1), (3, 1), (2, 2), (3, 2)],
        execution=how,
    )


def assert_same(one, other):
    for name, value in one.weights.items():
        torch.testing.assert_close(other.weights[name], value, rtol=0, atol=1e-12)
    np.testing.assert_allclose(other.margins, one.margins, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(other.correct, one.correct)


@pytest.mark.parametrize("layout", ["batched", "side_by_side"])
def test_layouts_train_the_same_members(case, layout):
    """Twenty steps of float64: the loop and stacks of grouped convolutions are the reference."""
    assert_same(train(case, stacks_of(1)), train(case, stacks_of(3, layout)))


@pytest.mark.parametrize("layout", ["batched", "side_by_side"])
def test_layouts_unlearn_the_same_members(case, layout):
    one, other = unlearn(case, stacks_of(1)), unlearn(case, stacks_of(3, layout))
    np.testing.assert_allclose(other.margins, one.margins, rtol=0, atol=1e-6)
    assert other.sample_gradients == one.sample_gradients


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # torch asks its own tensors
@pytest.mark.filterwarnings("ignore:.*Python 3.13.0")  # that it is slower there than on 3.13.1
def test_compiled_members_are_the_same(monkeypatch):
    """All of torch.compile but its last step, which turns operations into machine code."""
    compiled = []
    original = torch.compile

    def without_code(network, **options):
        compiled.append(network)
        return original(network, **options, backend="aot_eager", fullgraph=True)

    monkeypatch.setattr(torch, "compile", without_code)
    case = small_ensemble("resnet9", points=40, members=5, dtype=torch.float64)
    how = Execution(Strategy("grouped", 5, compiled=True))
    assert_same(train(case, stacks_of(5)), train(case, how))
    one, other = unlearn(case, stacks_of(5)), unlearn(case, how)
    np.testing.assert_allclose(other.margins, one.margins, rtol=0, atol=1e-6)
    assert len(compiled) == 3  # the stack that is trained, the one that unlearns, and its fork


def test_resnet18_can_be_computed_side_by_side_and_as_products():
    from unlearning.networks import models

    network = models.build({"name": "resnet18", "width": 0.05}, (3, 32, 32), 4, 0).double()
    images = torch.randn(2, 3, 3, 32, 32, dtype=torch.float64)
    expected = stacks_of(2).stack(network, 2)(images)
    for layout in ("batched", "side_by_side"):
        found = stacks_of(2, layout).stack(network, 2)(images)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_weights_of_convolutions_are_in_the_order_of_their_features():
    network = stacking.stack(nn.Conv2d(3, 4, 3), 2)
    assert network.weight.shape == (2, 4, 3, 3, 3)
    assert network.weight.flatten(0, 1).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("layout", ["grouped", "batched", "side_by_side"])
def test_members_can_be_evaluated_one_after_another(case, layout, monkeypatch):
    """As on a GPU, where the points of one fill it."""
    build, data, _ = case
    network = stacking.fill(stacks_of(4, layout).stack(build(0), 4), build, range(4)).double()
    together = margins.evaluate(network, data, 4), margins.logits(network, data, 4)
    monkeypatch.setattr(margins, "members_at_once", lambda device, members: 1)
    one_by_one = margins.evaluate(network, data, 4), margins.logits(network, data, 4)
    torch.testing.assert_close(one_by_one, together, rtol=0, atol=1e-6)
    torch.testing.assert_close(one_by_one[1], together[1], rtol=0, atol=1e-12)


def test_a_member_alone_has_the_weights_of_the_stack():
    build, _, _ = small_ensemble("resnet9", points=4, members=1)
    network = stacking.assemble(build, range(3))
    twin = stacking.alone(network.eval(), 1)
    for name, value in twin.state_dict().items():
        row = network.state_dict()[name][1:2]
        assert value.data_ptr() == row.data_ptr() and value.shape == row.shape
    assert not any(value.requires_grad for value in twin.parameters())
    assert not twin.training and network[0][0].members == 3


class ShortOfMemory(Execution):
    """Has room for two members."""

    def stack(self, network, members):
        if members > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return super().stack(network, members)


def test_stacks_are_split_where_memory_is_short(case, caplog):
    with caplog.at_level(logging.INFO):
        split = train(case, ShortOfMemory(Strategy("grouped", 5)))
    assert_same(train(case, stacks_of(5)), split)
    assert "too little memory for 5 members at once: going on with 3" in caplog.text
    assert "too little memory for 3 members at once: going on with 2" in caplog.text
    assert caplog.text.count("trained") == 3
    one, other = unlearn(case, stacks_of(5)), unlearn(case, ShortOfMemory(Strategy("grouped", 4)))
    np.testing.assert_allclose(other.margins, one.margins, rtol=0, atol=1e-6)


def test_a_member_that_does_not_fit_alone_stops_the_job():
    def run(stack):
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(RuntimeError, match="too little memory for a single member; use one"):
        in_stacks(4, 4, run)


def test_only_a_lack_of_memory_is_one():
    def failing(error, during=None):
        def run(stack):
            try:
                if during:
                    raise during
            finally:
                raise error

        return run

    stack = slice(0, 2)
    assert fits(lambda _: None, stack)
    assert not fits(failing(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED")), stack)
    recording = RuntimeError("CUDA error: operation failed due to a previous error during capture")
    assert not fits(failing(recording, torch.OutOfMemoryError("CUDA out of memory")), stack)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        fits(failing(RuntimeError("mat1 and mat2 shapes cannot be multiplied")), stack)


def test_products_are_rounded_as_asked_and_only_inside():
    def settings():
        """Return those of convolutions and of matrices, which torch must find consistent."""
        cudnn, matrices = torch.backends.cudnn, torch.backends.cuda.matmul
        return cudnn.allow_tf32, matrices.allow_tf32, cudnn.conv.fp32_precision == "tf32"

    before = settings()
    for asked, rounded in (("float32", False), ("bfloat16", False), ("tf32", True)):
        with precision.products_in(asked):
            assert settings() == (rounded, False, rounded)
            with precision.products_in("tf32"):
                assert settings() == (True, False, True)
            assert settings() == (rounded, False, rounded)
    assert settings() == before


def test_bfloat16_is_of_convolutions_only_and_margins_are_not_rounded():
    build, data, subsets = small_ensemble("resnet9", points=40, members=2)
    recipe = replace(RECIPE, epochs=1, peak_epoch=0.5, batch_size=40)  # one step

    def train_in(precision):
        how = stacks_of(2, precision=precision)
        return trained(build, data, subsets, [1, 2], recipe, snapshots=[1], execution=how)

    exact, rounded = train_in("float32"), train_in("bfloat16")
    assert {value.dtype for value in rounded.weights.values()} == {torch.float32}
    name = "0.0.weight"
    assert 0 < (rounded.weights[name] - exact.weights[name]).abs().max() < 0.01
    network = stacking.stack(build(0), 2)
    network.load_state_dict(rounded.weights)
    again, _ = margins.evaluate(network, data, 2)
    np.testing.assert_array_equal(again.numpy(), rounded.margins[0])
    coarse, _ = margins.evaluate(network, data, 2, "bfloat16")
    assert coarse.dtype == torch.float32
    assert 0 < (coarse - again).abs().max() < 0.2
    # A logit that is rounded to bfloat16 has seven bits of mantissa.
    with precision.features_in("bfloat16", CPU):
        logits = network(data.gather(torch.arange(40).expand(2, -1))[0])
    assert logits.dtype == torch.float32
    assert not torch.equal(logits, logits.bfloat16().float())


STUDY = {
    "model": {"name": "resnet9", "width": 1.0},
    "computing": {
        "strategy": "measured",
        "members_per_stack": "auto",
        "compile": False,
        "precision": "bfloat16",
        "evaluation_precision": "tf32",
        "cuda_graphs": False,
        "deterministic": False,
    },
}


def tried(batch_size, layout, members, rate, compiled=False):
    return {
        "batch_size": batch_size,
        "layout": layout,
        "members": members,
        "compiled": compiled,
        "samples_per_second": rate,
    }


def test_a_job_takes_what_was_measured_and_says_so(caplog):
    _, data, _ = small_ensemble("resnet9", points=4, members=1)
    measured = {
        "device_name": "another GPU",
        "tried": [
            tried(64, "grouped", 1, 10.0),
            tried(64, "grouped", 8, 30.0, compiled=True),
            tried(64, "batched", 8, None),
            tried(512, "side_by_side", 4, 99.0),
        ],
    }
    with caplog.at_level(logging.INFO):
        found = execution_of(STUDY, data, 64, measured)
    assert found == Execution(Strategy("grouped", 8, True), "bfloat16", "tf32", False)
    assert "measured: {'batch_size': 64, 'layout': 'batched'" in caplog.text
    assert "side_by_side" not in caplog.text
    assert "measured on another GPU" in caplog.text
    assert "members as grouped, 8 a stack, compiled, in bfloat16, margins in tf32" in caplog.text
    assert found.report()["members_per_stack"] == 8
    with pytest.raises(ValueError, match="no strategy was measured at batch 65"):
        execution_of(STUDY, data, 65, measured)
    assert execution_of(STUDY, data, 64, None).strategy == Strategy("grouped", 4)


def test_no_graph_is_recorded_on_a_processor():
    assert execution.Execution().recorder(CPU) is None
