"""A job whose node cannot compile what was fastest where strategies were measured."""

import logging
from types import SimpleNamespace

import pytest
import torch

from tests.helpers.networks import NETWORKS, small_ensemble
from unlearning.ensembles.chunk import Chunk
from unlearning.networks import models
from unlearning.study.strategies import Strategy

COMPUTING = {
    "strategy": "measured",
    "members_per_stack": "auto",
    "compile": False,
    "precision": "float32",
    "evaluation_precision": "float32",
    "cuda_graphs": True,
}
#: Fastest first.
TRIED = [("grouped", 1, True), ("grouped", 2, True), ("grouped", 2, False), ("grouped", 1, False)]
FIELDS = (*Strategy._fields, "batch_size", "samples_per_second")
MEASURED = {
    "device_name": "another GPU",
    "tried": [
        dict(zip(FIELDS, (*strategy, 8, 9.0 - place), strict=True))
        for place, strategy in enumerate(TRIED)
    ],
}


@pytest.fixture
def compiler(monkeypatch):
    """Return what torch.compile has compiled; it raises where an error is set."""
    state = SimpleNamespace(compiled=[], error=None)

    def compiled(network, **_):
        def call(images):
            if state.error:
                raise state.error
            return network(images)

        state.compiled.append(network)
        return call

    monkeypatch.setattr(torch, "compile", compiled)
    return state


def chunk(measured=MEASURED, **computing):
    _, data, _ = small_ensemble("mlp", points=12, members=2)
    prepared = SimpleNamespace(
        data=data, builder=lambda model: lambda seed: models.build(model, (1, 4, 4), 3, seed)
    )
    study = {"model": NETWORKS["mlp"][0], "computing": COMPUTING | computing}
    return Chunk(prepared, study, "oracle", "1", [0, 1], None, measured)


def test_the_fastest_is_taken_where_it_can_be_compiled(compiler, caplog):
    assert chunk().execution(8).strategy == Strategy(*TRIED[0])
    assert len(compiler.compiled) == 1
    assert not any(line.levelno > logging.INFO for line in caplog.records)


def test_without_a_compiler_the_next_one_measured_is_taken_and_said(compiler, caplog):
    compiler.error = RuntimeError("backend='inductor' raised:\nNo working C++ compiler\n\nSet X")
    assert chunk().execution(8).strategy == Strategy(*TRIED[2])
    assert [line.message for line in caplog.records if line.levelno > logging.INFO] == [
        "a loop, compiled cannot be compiled on this node, going on with the next that was "
        "measured: No working C++ compiler"
    ]


def test_too_little_memory_is_no_lack_of_a_compiler(compiler):
    compiler.error = torch.cuda.OutOfMemoryError("CUDA out of memory")
    assert chunk().execution(8).strategy == Strategy(*TRIED[0])


def test_compiling_that_a_study_asks_for_stops_where_it_cannot_be(compiler):
    compiler.error = RuntimeError("No working C++ compiler")
    with pytest.raises(RuntimeError, match=r"computing.compile: true, .*\(No working C\+\+ comp"):
        chunk(None, strategy="loop", compile=True).execution(8)
    assert chunk(None, strategy="loop").execution(8).strategy == Strategy("grouped", 1)
