"""How a study has its members computed: together, in which precision, in how much memory."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import torch
from torch import Tensor, nn

from unlearning.artifacts.files import load_record
from unlearning.computing import steps
from unlearning.computing.batches import Data
from unlearning.computing.devices import describe
from unlearning.computing.steps import Recorder
from unlearning.networks import stacking
from unlearning.networks.side_by_side import SideBySide
from unlearning.study import strategies
from unlearning.study.strategies import Strategy

logger = logging.getLogger(__name__)

TOO_SMALL = (
    "the GPU has too little memory for a single member; use one with more memory, or a smaller "
    "batch or model"
)

#: Of messages of the libraries below torch that have no memory left, which are plain RuntimeErrors.
OUT_OF_MEMORY = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")


@dataclass(frozen=True)
class Execution:
    """What a result depends on by rounding only, and its speed altogether.

    Attributes
    ----------
    strategy : members of a stack, and how they are computed together
    precision : of training and unlearning, one of `unlearning.computing.precision.PRECISIONS`
    evaluation_precision : of the networks whose margins are taken
    cuda_graphs : record the steps of a GPU (`unlearning.computing.steps`)
    """

    strategy: Strategy = Strategy("grouped", 1)
    precision: str = "float32"
    evaluation_precision: str = "float32"
    cuda_graphs: bool = True

    def stack(self, network: nn.Module, members: int) -> nn.Module:
        """Return the network of some members, each with the weights of ``network``."""
        if self.strategy.layout == "side_by_side" and members > 1:
            return SideBySide(network, members)
        return stacking.stack(network, members, as_products=self.strategy.layout == "batched")

    def called(self, network: nn.Module) -> Callable[[Tensor], Tensor]:
        """Return what computes a stacked network's logits in a step: compiled or as it is."""
        if not self.strategy.compiled:
            return network
        # A batch of another length is compiled anew: there are at most four lengths.
        compiled: Callable[[Tensor], Tensor] = torch.compile(network, dynamic=False)
        return compiled

    def recorder(self, device: torch.device) -> Recorder | None:
        """Return what records the steps of a stack of members."""
        return steps.recorder_for(device, self.cuda_graphs)

    def report(self) -> dict[str, Any]:
        """Return what a record says of it."""
        return {
            "strategy": str(self.strategy),
            "members_per_stack": self.strategy.members,
            "precision": self.precision,
            "evaluation_precision": self.evaluation_precision,
        }


def load_measured(strategies: str | Sequence[str]) -> dict[str, Any] | None:
    """Read what the rule ``measure_strategies`` found.

    Parameters
    ----------
    strategies : its file, or nothing where the study does not measure
    """
    return load_record(strategies) if isinstance(strategies, str) else None


def execution_of(
    study: dict[str, Any], data: Data, batch_size: int, measured: dict[str, Any] | None
) -> Execution:
    """Return how a job of a study computes its members, and log it.

    Parameters
    ----------
    study : ``model`` and ``computing`` of the study
    data : the data set, on the job's device
    batch_size : points of one member in most steps of the job
    measured : what the rule ``measure_strategies`` found, None where the study does not measure
    """
    computing, here = study["computing"], describe(data.labels.device)["device_name"]
    image_size = data.inputs.shape[-1]
    strategy = strategies.chosen(computing, study["model"]["name"], image_size, batch_size)
    if measured is not None:
        strategy = strategies.fastest(measured["tried"], batch_size)
        for entry in measured["tried"]:
            if entry["batch_size"] == batch_size:
                logger.info("measured: %s", entry)
        if measured["device_name"] != here:
            logger.info(
                "that was measured on %s, and this is %s, where another may be faster",
                measured["device_name"],
                here,
            )
    logger.info(
        "members as %s, in %s, margins in %s",
        strategy,
        computing["precision"],
        computing["evaluation_precision"],
    )
    return Execution(
        strategy,
        computing["precision"],
        computing["evaluation_precision"],
        computing["cuda_graphs"],
    )


def in_stacks(members: int, size: int, run: Callable[[slice], None]) -> None:
    """Call a function on one stack of members after another, in smaller ones if memory is short.

    Parameters
    ----------
    members : in all
    size : of a stack
    run : called with the members of a stack; what it does to a stack does not depend on others

    Raises
    ------
    RuntimeError
        When the device has too little memory for a single member.
    """
    start = 0
    while start < members:
        stack = slice(start, min(start + size, members))
        if fits(run, stack):
            start = stack.stop
            continue
        length = stack.stop - stack.start
        if length == 1:
            raise RuntimeError(TOO_SMALL)
        size = ceil(length / 2)
        logger.info(
            "the GPU has too little memory for %d members at once: going on with %d", length, size
        )


def fits(run: Callable[[slice], None], stack: slice) -> bool:
    """Call a function on a stack, and return whether the memory of the GPU sufficed."""
    try:
        run(stack)
    except RuntimeError as error:
        if not _out_of_memory(error):
            raise
    else:
        return True
    # Only here, where no traceback holds on to tensors any more, is memory given back.
    torch.cuda.empty_cache()
    return False


def _out_of_memory(error: BaseException | None) -> bool:
    """Return whether an error, or one during which it was raised, is about the GPU's memory."""
    while error is not None:
        if isinstance(error, torch.cuda.OutOfMemoryError):
            return True
        if any(text in str(error) for text in OUT_OF_MEMORY):
            return True
        error = error.__cause__ or error.__context__
    return False
