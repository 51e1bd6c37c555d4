"""How often a method goes through the forget and the retain set: what its runs cost.

Pure Python, because the Snakefile imports it. What stands here of a method is what its file in
``unlearning/methods/`` does; `tests/unit/study/test_passes.py` holds one against the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, NamedTuple

from unlearning.study.design import Trajectory
from unlearning.study.shares import part

Values = dict[str, Any]

#: Methods that do what they do once, before the first snapshot: they have epoch 1 and no other.
ONCE = ("ssd",)

#: How often every point of the data set is evaluated beside the snapshots: forward passes without
#: gradients, of the teachers that a method asks once, before its first step.
EVALUATIONS = {"scrub": 1, "bad_teacher": 2, "npo": 1, "datamodel_matching": 1}

#: How many numbers of the size of all weights a method holds beside the weights and their
#: gradients, at most; running gradients of Adam among them.
HELD = {"salun": 2, "bad_teacher": 1, "ssd": 1, "oracle_matching": 2, "datamodel_matching": 2}


class Walk(NamedTuple):
    """One way of a member through a set, in batches."""

    of: str  # "forget", "retain", or "both" shuffled into one another
    points: int  # sample gradients
    once: int  # points of the set, or of the part of it that is gone through
    size: str  # the hyperparameter that says how large its batches are
    steps: int  # of the optimizer; 0 where they are those of another walk, or none is taken


class Count(NamedTuple):
    """What one member of a run takes."""

    gradients: int  # of single samples
    steps: int  # of the optimizer


@dataclass(frozen=True)
class Sets:
    """Two sets, and the hyperparameters of a run that goes through them."""

    forget: int
    retain: int
    given: Values

    def through(self, of: str, share: float = 1.0, *, steps: bool = True) -> Walk:
        """Return a pass over a set, or over a share of it; ``both`` takes the share of one."""
        points = {"forget": self.forget, "retain": part(self.retain, share)}
        points["both"] = sum(points.values())
        size = self._size(of)
        number = ceil(points[of] / self._batch(size)) if steps else 0
        return Walk(of, points[of], points[of], size, number)

    def beside(self, walk: Walk, of: str) -> Walk:
        """Return a batch of another set beside each of a walk, from the start again at its end."""
        size, points = self._size(of), {"forget": self.forget, "retain": self.retain}[of]
        rounds, rest = divmod(walk.steps, ceil(points / self._batch(size)))
        taken = rounds * points + min(rest * self._batch(size), points)
        return Walk(of, taken, points, size, 0)

    def _size(self, of: str) -> str:
        own = of == "forget" and "forget_batch_size" in self.given
        return "forget_batch_size" if own else "batch_size"

    def _batch(self, size: str) -> int:
        batch: int = self.given.get(size, 1)
        return batch


def _interleaved(sets: Sets) -> list[Walk]:
    descent = sets.through("retain")
    return [descent, sets.beside(descent, "forget")]


def _relabelled(sets: Sets) -> list[Walk]:
    return [sets.through("forget"), sets.through("retain", sets.given["retain_share"])]


def _preferred(sets: Sets) -> list[Walk]:
    forget = sets.through("forget")
    return [forget, *([sets.beside(forget, "retain")] if sets.given["retain_weight"] else [])]


def _matched(sets: Sets) -> list[Walk]:
    return [sets.through("both", min(1.0, sets.given["retain_ratio"] * sets.forget / sets.retain))]


#: What a method goes through in each epoch, where that is neither GA's nor descent/ascent's.
EPOCH: dict[str, Callable[[Sets], list[Walk]]] = {
    "finetune": lambda sets: [sets.through("retain")],
    "noisy_descent": lambda sets: [sets.through("retain")],
    "gda_interleaved": _interleaved,
    "random_labels": _relabelled,
    "salun": _relabelled,
    "bad_teacher": lambda sets: [sets.through("both", sets.given["retain_share"])],
    "npo": _preferred,
    "ssd": lambda sets: [],
    "rewind": lambda sets: [sets.through("retain")],
    "oracle_matching": _matched,
    "datamodel_matching": _matched,
    "datamodel_direct": lambda sets: [],
}

#: What a method goes through once, before its first epoch, with BatchNorm's statistics frozen.
BEFORE: dict[str, Callable[[Sets], list[Walk]]] = {
    "salun": lambda sets: [sets.through("forget", steps=False)],
    "ssd": lambda sets: [sets.through(of, steps=False) for of in ("forget", "retain")],
}


def epoch_walks(
    method: str, given: Values, forget: int, retain: int, ascends: bool | None
) -> list[Walk]:
    """Return what a run goes through in one epoch.

    Parameters
    ----------
    method : its name; one that is not known here goes through the forget set, and where it has
        ascent epochs through the retain set as well
    given : hyperparameters of the run
    forget, retain : points of the sets
    ascends : whether the epoch is one of those with ascent, None where a method has no such number
    """
    sets = Sets(forget, retain, given)
    if method in EPOCH:
        return EPOCH[method](sets)
    ascent = [sets.through("forget")] if ascends is None or ascends else []
    return [*ascent, *([] if ascends is None else [sets.through("retain")])]


def counted(
    method: str, given: Values, forget: int, retain: int, epochs: int, ascents: int | None
) -> Count:
    """Count what one member takes in a run of its own: of so many epochs, so many with ascent."""
    before = BEFORE[method](Sets(forget, retain, given)) if method in BEFORE else []
    total = _total(before)
    rising = 0 if ascents is None else min(ascents, epochs)
    kinds: list[tuple[bool | None, int]] = [(True, rising), (False, epochs - rising)]
    if ascents is None:
        kinds = [(None, epochs)]
    for ascends, times in kinds:
        each = _total(epoch_walks(method, given, forget, retain, ascends))
        total = Count(total.gradients + times * each.gradients, total.steps + times * each.steps)
    return total


def _total(walks: Sequence[Walk]) -> Count:
    return Count(sum(walk.points for walk in walks), sum(walk.steps for walk in walks))


def shared(method: str, trajectory: Trajectory, forget: int, retain: int) -> Count:
    """Count what one member takes in the job of a trajectory.

    Runs that differ in their number of ascent epochs share their beginning
    (`unlearning.trajectories.snapshots.ascend_then_descend`).
    """
    longest = max(trajectory.epochs)
    branches: Sequence[int | None] = trajectory.ascent_epochs or (None,)
    runs = (method, trajectory.hyperparameters, forget, retain)
    every = [counted(*runs, max(longest, ascent or 0), ascent) for ascent in branches]
    twice = [counted(*runs, ascent, ascent) for ascent in branches[:-1] if ascent]
    return Count(
        sum(run.gradients for run in every) - sum(run.gradients for run in twice),
        sum(run.steps for run in every) - sum(run.steps for run in twice),
    )


def trajectory_gradients(
    method: str, trajectory: Trajectory, forget: int, retain: int
) -> dict[str, int]:
    """Count one member's sample gradients in three ways of running the same configurations.

    Returns
    -------
    dict
        ``separate``: a run for each configuration; ``snapshots``: a run for each number of ascent
        epochs, epochs as snapshots; ``shared``: their common prefix run once as well.
    """
    runs = (method, trajectory.hyperparameters, forget, retain)
    branches: Sequence[int | None] = trajectory.ascent_epochs or (None,)
    longest = max(trajectory.epochs)
    return {
        "separate": sum(counted(*runs, *key).gradients for key in trajectory.snapshots()),
        "snapshots": sum(counted(*runs, longest, ascent).gradients for ascent in branches),
        "shared": shared(method, trajectory, forget, retain).gradients,
    }
