"""Which strategy is taken: asked for, by the rule, or measured."""

import logging

import pytest
import torch

from tests.helpers.networks import small_ensemble
from unlearning.computing import execution
from unlearning.ensembles import measurement
from unlearning.ensembles.measurement import Effort, measure
from unlearning.study import strategies
from unlearning.study.strategies import Strategy

COMPUTING = {
    "strategy": "auto",
    "members_per_stack": "auto",
    "compile": False,
    "precision": "float32",
    "cuda_graphs": True,
}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, Strategy("grouped", 4)),
        ({"strategy": "measured"}, Strategy("grouped", 4)),
        ({"members_per_stack": 7}, Strategy("grouped", 7)),
        ({"strategy": "loop"}, Strategy("grouped", 1)),
        ({"strategy": "loop", "compile": True}, Strategy("grouped", 1, True)),
        ({"strategy": "batched", "members_per_stack": 8}, Strategy("batched", 8)),
        ({"strategy": "side_by_side", "members_per_stack": 2}, Strategy("side_by_side", 2)),
    ],
)
def test_a_study_gets_what_it_asks_for(asked, expected):
    assert strategies.chosen(COMPUTING | asked, "resnet9", 16, 64) == expected


def test_names_are_for_people():
    assert str(Strategy("grouped", 1)) == "a loop"
    assert str(Strategy("batched", 8, True)) == "batched, 8 a stack, compiled"


def test_what_is_tried_starts_with_a_loop_and_fits_a_chunk():
    assert strategies.candidates(5, "cpu") == [Strategy("grouped", size) for size in (1, 2, 4)]
    on_gpu = strategies.candidates(5, "cuda")
    assert on_gpu[0] == Strategy("grouped", 1)
    assert {strategy.layout for strategy in on_gpu} == set(strategies.LAYOUTS)
    assert max(strategy.members for strategy in on_gpu) == 4
    assert strategies.candidates(1, "cuda") == [Strategy("grouped", 1)]


def test_strategies_are_timed_on_the_network_and_the_data(caplog):
    build, data, _ = small_ensemble("resnet9", points=30, members=1)
    with caplog.at_level(logging.INFO):
        tried = measure(build, data, 8, 2, COMPUTING, Effort(seconds=0.01))
    assert tried[0]["layout"] == "grouped" and tried[0]["members"] == 1
    assert all(entry["batch_size"] == 8 and entry["samples_per_second"] > 1 for entry in tried)
    assert "batch 8, a loop: " in caplog.text and " samples a second" in caplog.text


def scripted(monkeypatch, rates):
    """Have strategies run at given rates."""
    asked = []

    def rate(how, *_):
        asked.append(how.strategy)
        found = rates.get(how.strategy, 1.0)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(measurement, "rate", rate)
    return asked


def on_gpu():
    """Return data that say that they are on a GPU."""
    _, data, _ = small_ensemble("mlp", points=4, members=1)

    class Images:
        device = torch.device("cuda")

    return data._replace(inputs=Images())


def test_larger_stacks_are_tried_while_they_are_faster(monkeypatch):
    rates = {Strategy("grouped", 1): 5.0, Strategy("grouped", 2): 9.0, Strategy("grouped", 4): 8.0}
    rates |= {Strategy("batched", 4): None, Strategy("side_by_side", 2): 12.0}
    asked = scripted(monkeypatch, rates)
    tried = measure(None, on_gpu(), 64, 100, COMPUTING)
    assert asked == [
        *(Strategy("grouped", size) for size in (1, 2, 4)),
        Strategy("batched", 4),
        *(Strategy("side_by_side", size) for size in (2, 4)),
        Strategy("grouped", 1, compiled=True),
    ]
    assert strategies.fastest(tried, 64) == Strategy("side_by_side", 2)


def test_the_fastest_is_compiled_as_well(monkeypatch, caplog):
    rates = {Strategy("grouped", 2): 9.0, Strategy("grouped", 2, True): RuntimeError("no compiler")}
    rates[Strategy("grouped", 1, True)] = 20.0
    scripted(monkeypatch, rates)
    with caplog.at_level(logging.INFO):
        tried = measure(None, on_gpu(), 64, 100, COMPUTING)
    assert "grouped, 2 a stack, compiled cannot be compiled here: no compiler" in caplog.text
    assert strategies.fastest(tried, 64) == Strategy("grouped", 1, True)


def test_an_error_of_a_strategy_is_not_hidden(monkeypatch):
    scripted(monkeypatch, {Strategy("grouped", 1): RuntimeError("shapes do not fit")})
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        measure(None, on_gpu(), 64, 100, COMPUTING)


def test_a_device_without_room_for_a_member_is_refused(monkeypatch):
    scripted(monkeypatch, {strategy: None for strategy in strategies.candidates(100, "cuda")})
    with pytest.raises(RuntimeError, match=execution.TOO_SMALL):
        measure(None, on_gpu(), 64, 100, COMPUTING)


def test_time_is_limited(monkeypatch, caplog):
    asked = scripted(monkeypatch, {})
    clock = iter([0.0, 1.0, *[999.0] * 50])
    monkeypatch.setattr(measurement, "perf_counter", lambda: next(clock))
    with caplog.at_level(logging.INFO):
        measure(None, on_gpu(), 64, 100, COMPUTING)
    assert asked == [Strategy("grouped", 1), Strategy("grouped", 1, compiled=True)]
    assert "batch 64, batched, 4 a stack: not tried, time is up" in caplog.text
