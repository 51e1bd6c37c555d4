"""What a user's method must not do is one sentence with the line of the user's file."""

import logging
from pathlib import Path

import numpy as np
import pytest

from tests.helpers import outside
from unlearning.methods import ga
from unlearning.trajectories.loading import MethodError

GUARD = """
import torch
from torch import nn
CALLS = []


def unlearn(model, forget_loader, retain_loader, *, epochs):
    CALLS.append(1)
"""
STACKED = """
import torch
from unlearning.trajectories.learner import Snapshot


def unlearn(learner, *, epochs, batch_size):
"""
BAD = {
    "raises in member 3": (
        GUARD + "    if len(CALLS) == 4:\n        1 / 0\n    yield from epochs\n",
        "mine.py, line 10: ZeroDivisionError: division by zero (member 3)",
    ),
    "raises further down": (
        "import helper\n" + GUARD + "    helper.fail(next(iter(retain_loader)))\n",
        "helper.py, line 2: ValueError: no such thing (member 0)",
    ),
    "raises in a library": (
        GUARD + "    model(torch.zeros(2, 3))\n    yield 1\n",
        "mine.py, line 9: RuntimeError: mat1 and mat2 shapes cannot be multiplied",
    ),
    "exits": (GUARD + "    raise SystemExit\n", "mine.py, line 9: SystemExit (member 0)"),
    "another architecture": (
        GUARD + "    return nn.Sequential(nn.Flatten(), nn.Linear(16, 3))\n",
        "mine.py, line 9: unlearn gave back another architecture: 2 is missing, and was ReLU",
    ),
    "another architecture, by one of two ways": (
        GUARD + "    if not CALLS:\n        return model\n    return nn.Sequential(nn.Flatten())\n",
        "mine.py, line 7: unlearn gave back another architecture",
    ),
    "another architecture, and no return of its own": (
        GUARD + "    def inner():\n        return 1\n    model[2] = nn.Tanh()\n",
        "mine.py, line 7: unlearn gave back another architecture",
    ),
    "another width": (
        GUARD + "    model[1], model[3] = nn.Linear(16, 5), nn.Linear(5, 3)\n    yield 1\n",
        "mine.py, line 10: unlearn gave back another architecture: 1.weight is (5, 16), and was "
        "(12, 16)",
    ),
    "another activation": (
        GUARD + "    model[2] = nn.Tanh()\n    yield 1\n",
        "mine.py, line 10: unlearn gave back another architecture: 2 is Tanh, and was ReLU",
    ),
    "another computation": (
        GUARD + "    model[2].forward = lambda images: images\n    yield 1\n",
        "mine.py, line 10: unlearn gave back another architecture: 2 is ReLU() computing "
        "unlearn.<locals>.<lambda>, and was ReLU() computing ReLU.forward",
    ),
    "another setting": (
        GUARD + "    model[0].start_dim = 2\n    yield 1\n",
        "mine.py, line 10: unlearn gave back another architecture: 0 is Flatten(start_dim=2, "
        "end_dim=-1) computing Flatten.forward, and was Flatten(start_dim=1, end_dim=-1)",
    ),
    "a note": (
        GUARD + "    error = ValueError('no such thing')\n    error.add_note('take\\n this')\n"
        "    raise error\n",
        "mine.py, line 11: ValueError: no such thing; take this (member 0)",
    ),
    "returns a generator": (
        GUARD + "    return iter([epochs])\n",
        "mine.py, line 9: unlearn returned an object of type list_iterator, and may return a "
        "network, or nothing where it has changed the one that it was given; to yield at epochs, "
        "write yield from",
    ),
    "no network": (
        GUARD + "    return model.state_dict()\n",
        "mine.py, line 9: unlearn returned an object of type OrderedDict, and may return a network",
    ),
    "nothing of an epoch": (
        GUARD + "    yield 'first'\n",
        "mine.py, line 9: unlearn yielded an object of type str, and may yield an epoch",
    ),
    "an epoch nobody asked for": (
        GUARD + "    yield 1\n    yield 2\n",
        "mine.py, line 10: unlearn yielded epoch 2, which nobody asked for; asked for: epoch 1, "
        "epoch 3",
    ),
    "an epoch twice": (
        GUARD + "    yield 1\n    yield 1\n",
        "mine.py, line 10: unlearn yielded epoch 1 a second time",
    ),
    "an epoch too few": (
        GUARD + "    yield 1\n",
        "mine.py, line 9: unlearn ended without epoch 3, which it was asked for",
    ),
    "stacked, raises": (
        STACKED + "    list(learner.forget_batches(batch_size, 1))[9]\n    yield\n",
        "mine.py, line 7: IndexError: list index out of range (members 0 to 3)",
    ),
    "stacked, an epoch nobody asked for": (
        STACKED + "    yield Snapshot(learner, 4)\n",
        "mine.py, line 7: unlearn yielded epoch 4, which nobody asked for",
    ),
    "stacked, no snapshot": (
        STACKED + "    yield 1\n",
        "mine.py, line 7: unlearn yielded an object of type int, not a Snapshot(learner, epoch)",
    ),
    "stacked, returns": (
        STACKED + "    return learner\n",
        "mine.py, line 6: unlearn(learner, ...) yields no Snapshot",
    ),
    "stacked, another architecture": (
        STACKED + "    learner.network = learner.network[:2]\n    yield Snapshot(learner, 1)\n",
        "mine.py, line 8: unlearn gave back another architecture",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_the_line_is_named(tmp_path, case):
    text, message = BAD[case]
    fail = "def fail(batch):\n    raise ValueError('no such\\n thing')\n"
    method = outside.load(tmp_path, text, helper=fail)
    with pytest.raises(MethodError) as caught:
        outside.run(method)
    assert str(caught.value).startswith(f"{tmp_path}/{message}")
    assert "\n" not in str(caught.value)


def test_pretrained_weights_must_not_be_changed_in_place(tmp_path):
    small = outside.chunk()
    weights = outside.weights_of(small)
    changed = "    next(iter(REACHED.values())){}\n"
    for text, line in (
        (GUARD + changed.format(".mul_(2)") + "    yield 1\n", 10),
        (GUARD + changed.format(".data.mul_(2)") + "    yield 1\n", 10),
        (GUARD + changed.format(".data[:] = 1") + "    yield 1\n", 10),
        (STACKED + changed.format(".mul_(2)") + "    yield Snapshot(learner, 1)\n", 8),
        (STACKED + changed.format(".data.mul_(2)") + "    yield Snapshot(learner, 1)\n", 8),
    ):
        method = outside.load(tmp_path, text)
        method.function.__globals__["REACHED"] = weights
        expected = f"mine.py, line {line}: unlearn changed the pretrained weights in place"
        with pytest.raises(MethodError, match=expected):
            outside.run(method, small=small, weights=weights)


def test_weights_of_a_member_to_come_are_found_changed_at_its_turn(tmp_path):
    small = outside.chunk()
    weights = outside.weights_of(small)
    method = outside.load(
        tmp_path,
        GUARD + "    next(iter(REACHED.values())).data[2].mul_(2)\n    yield from epochs\n",
    )
    method.function.__globals__["REACHED"] = weights
    calls = method.function.__globals__["CALLS"]
    with pytest.raises(MethodError, match=r"line 10: unlearn changed the pretrained weights"):
        outside.run(method, small=small, weights=weights)
    assert len(calls) == 3


def test_members_that_are_not_finite_are_told_first_and_summed_up_at_the_end(tmp_path, caplog):
    text = GUARD + (
        "    for epoch in epochs:\n"
        "        if len(CALLS) == 3 and epoch == 3 or len(CALLS) == 4:\n"
        "            model[1].weight.data[0, 0] = float('nan')\n"
        "        yield epoch\n"
    )
    method = outside.load(tmp_path, text)
    with caplog.at_level(logging.WARNING):
        found = outside.run(method)
    assert [record.getMessage().removeprefix(f"{tmp_path}/") for record in caplog.records] == [
        "mine.py, line 12: the weights of member 2 are not finite after epoch 3, the first of all",
        "2 of 4 members have margins that are not finite, from epoch 1 on: members 2, 3; scores "
        "count such margins and never bin them",
    ]
    broken = ~np.isfinite(found.margins).all(-1)
    assert broken.tolist() == [[False, False, False, True], [False, False, True, True]]
    assert found.not_finite == {"members": [2, 3], "epoch": 1}


def test_a_method_of_the_package_that_diverges_is_summed_up_as_well(caplog):
    with caplog.at_level(logging.WARNING):
        found = outside.run(ga.unlearn, learning_rate=float("nan"), batch_norm="train")
    assert found.not_finite == {"members": [0, 1, 2, 3], "epoch": 1}
    assert len(caplog.records) == 1


def test_a_stacked_method_of_a_file_is_the_same_as_one_of_the_package(tmp_path):
    method = outside.load(tmp_path, Path(ga.__file__).read_text())
    given = {"learning_rate": 0.1, "batch_norm": "train"}
    one, other = (outside.run(each, **given) for each in (method, ga.unlearn))
    np.testing.assert_array_equal(one.margins, other.margins)
    assert one.execution.strategy.members == 4


def test_the_log_says_what_one_member_after_another_costs(tmp_path, caplog):
    text = GUARD + "    list(retain_loader)\n    yield from epochs\n"
    with caplog.at_level(logging.INFO):
        outside.run(outside.load(tmp_path, text))
    said = " ".join(record.getMessage() for record in caplog.records)
    assert "4 members one after another, on one ordinary network each" in said
    assert "sample gradients a second; training takes" in said and "times as many" in said


WRAPPED = """
import functools
import torch


def wrapper(function):
    @functools.wraps(function)
    def called(*arguments, **keywords):
        return function(*arguments, **keywords)

    return called


{}
def unlearn(model, retain_loader, *, epochs, strength=0):
    for epoch in epochs:
        with torch.no_grad():
            model[1].weight += strength
        yield epoch
    {}
"""


@pytest.mark.parametrize(("decorator", "line"), [("@torch.enable_grad()", 14), ("@wrapper", 20)])
def test_what_is_wrapped_around_a_method_changes_nothing(tmp_path, decorator, line):
    plain, wrapped = (
        outside.run(outside.load(tmp_path, WRAPPED.format(around, "")), strength=1)
        for around in ("", decorator)
    )
    np.testing.assert_array_equal(plain.margins, wrapped.margins)
    with pytest.raises(MethodError, match=rf"mine\.py, line {line}: unlearn yielded epoch 4"):
        outside.run(outside.load(tmp_path, WRAPPED.format(decorator, "yield 4")))


def test_a_wrapper_that_hides_the_arguments_is_named_with_its_line(tmp_path):
    text = WRAPPED.format("@wrapper", "").replace("    @functools.wraps(function)\n", "")
    with pytest.raises(
        MethodError, match=r"mine\.py, line 7: what is wrapped around unlearn hides"
    ):
        outside.load(tmp_path, text)


def test_hyperparameters_that_are_given_beforehand_stay_given(tmp_path):
    given = WRAPPED.format("", "") + "\n\nunlearn = functools.partial(unlearn, strength=1)\n"
    one = outside.run(outside.load(tmp_path, given))
    other = outside.run(outside.load(tmp_path, WRAPPED.format("", "")), strength=1)
    np.testing.assert_array_equal(one.margins, other.margins)


def test_what_is_no_function_once_the_file_has_been_run_is_named(tmp_path):
    with pytest.raises(MethodError, match=r"mine\.py: unlearn is 3 once the file has been run"):
        outside.load(tmp_path, WRAPPED.format("", "") + "\n\nunlearn = 3\n")
