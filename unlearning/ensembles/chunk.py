"""The members that one job computes: who they are, and what they are computed with."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from torch import nn

from unlearning.computing import devices, prepared
from unlearning.computing.execution import Execution, execution_of, load_measured
from unlearning.computing.prepared import Prepared
from unlearning.ensembles import checkpoints, evaluations, trials
from unlearning.ensembles.checkpoints import Checkpoint
from unlearning.ensembles.evaluations import Evaluations
from unlearning.study.seeds import member_seeds

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Chunk:
    """Some members of an ensemble, in a job.

    Attributes
    ----------
    prepared : the data set, on the device
    study : ``seed``, ``model`` and ``computing`` of the study, ``training`` where they are trained
    role : what the members are for: pretrained, oracle, datamodel, unlearned
    forget_set : name of the forget set that an oracle leaves out or that is unlearned, else empty
    members : their numbers
    checkpoint : where an interrupted job has left its states
    measured : what the rule ``measure_strategies`` found, None where the study does not measure
    """

    prepared: Prepared
    study: dict[str, Any]
    role: str
    forget_set: str
    members: Sequence[int]
    checkpoint: Checkpoint
    measured: dict[str, Any] | None = None

    @property
    def seeds(self) -> list[int]:
        """Seeds of the members."""
        return member_seeds(self.study["seed"], self.role, self.forget_set, self.members)

    @property
    def build(self) -> Callable[[int], nn.Module]:
        """The function from a seed to an untrained network of the study."""
        return self.prepared.builder(self.study["model"])

    def execution(self, batch_size: int) -> Execution:
        """Return how the members are computed in steps of mostly so many points, and log it.

        Raises
        ------
        RuntimeError
            When the study asks for compiled networks and this node cannot compile them.
        """
        data = self.prepared.data
        found = execution_of(self.study, data, batch_size, self.measured)
        if not found.strategy.compiled:
            return found
        obstacle = trials.compilation_error(found, self.build, data, batch_size)
        if not obstacle:
            return found
        if self.measured is None:
            raise RuntimeError(
                f"the study sets computing.compile: true, and this node cannot compile "
                f"({obstacle}); set false, or choose nodes that have a C++ compiler"
            )
        logger.warning(
            "%s cannot be compiled on this node, going on with the next that was measured: %s",
            found.strategy,
            obstacle,
        )
        plain = [entry for entry in self.measured["tried"] if not entry["compiled"]]
        return execution_of(self.study, data, batch_size, {**self.measured, "tried": plain})

    def in_memory(self, snapshots: int) -> Evaluations:
        """Return where the members' margins at so many snapshots go, if not to files."""
        return evaluations.in_memory(snapshots, len(self.members), self.prepared.data.predictions)

    def on_disk(
        self, margins: str, correct: str, snapshots: int | None, dtype: str = "float32"
    ) -> AbstractContextManager[Evaluations]:
        """Give where the members' margins go: two files, there when the block has ended well.

        Parameters
        ----------
        margins, correct : the files
        snapshots : length of their axis of snapshots, None for one snapshot and no axis
        dtype : of the margins
        """
        shape = (snapshots or 1, len(self.members), self.prepared.data.predictions)
        return evaluations.on_disk(margins, correct, shape, dtype=dtype, single=snapshots is None)

    def record(
        self, execution: Execution, seconds: Sequence[float], **facts: Any
    ) -> dict[str, Any]:
        """Return the record that stands beside the members' margins.

        Parameters
        ----------
        execution : how they were computed
        seconds : that all of them took until each snapshot
        facts : what else there is to say of them
        """
        return {
            "role": self.role,
            "members": list(self.members),
            "seeds": self.seeds,
            **facts,
            "seconds": list(seconds),
            **execution.report(),
            "resumed": self.checkpoint.resumed,
            **devices.report(self.prepared.data.inputs.device, len(self.members), seconds[-1]),
        }


def of_job(job: Any, role: str, forget_set: str = "") -> Chunk:
    """Return the members of a job, with the data set on the device that the study asks for.

    Parameters
    ----------
    job : ``input`` with ``data`` and ``strategies``, ``params`` with ``study`` and ``members``,
        ``config`` with ``device``, and what `checkpoints.of_job` needs
    role, forget_set : as `Chunk` has them
    """
    study = job.params.study
    inputs, labels, record = job.input.data
    device = devices.of_study(job.config["device"], study["computing"])
    return Chunk(
        prepared.load(inputs, labels, record, device),
        study,
        role,
        forget_set,
        job.params.members,
        checkpoints.of_job(job),
        load_measured(job.input.strategies),
    )
