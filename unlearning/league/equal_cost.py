"""Whether a run is better than stopping retraining early at the same cost.

A retraining is stopped at a few epochs, and none costs what the run did to the digit. What its
price buys lies between two of them: the dearest that costs no more, and the cheapest that costs no
less. Nobody knows how the score goes from one to the other, so nothing is interpolated. A run is
better where it is told to be better than both, the second of which had more work; and than every
cheaper one, because who retrains may stop sooner. It is worse where it is told to be worse than the
first, which had no more work than the run.
"""

from typing import Any, NamedTuple

import numpy as np

from unlearning.answer.outcomes import stretched
from unlearning.league.excess import MEASURES, WORST, Excess, Measured, places
from unlearning.scoring.differences import interval

#: Equal up to the rounding of a quotient.
EQUAL = 1e-9
BETTER, WORSE, UNTOLD = "better", "worse", "not told"
#: No retraining of the study is stopped so soon, and the run is not told to beat a dearer one.
CHEAPER = "nothing as cheap"
VERDICTS = (BETTER, UNTOLD, CHEAPER, WORSE)
COLUMNS = ("equal_cost", "stopped_epoch", "stopped_cost", "ahead", "ahead_low", "ahead_high")


class Stopped(NamedTuple):
    """A retraining that was stopped at an epoch; the last one is finished, at cost 1."""

    epoch: int
    cost: float
    measured: Measured


def retrainings(excess: Excess, forget_set: str) -> list[Stopped]:
    """Return the retrainings on a forget set, the cheapest first, the whole one last."""
    return [
        Stopped(int(row["epoch"]), float(row["relative_cost"]), excess.of(where))
        for method in ("oracle_stopped", "oracle_floor")
        for found in [excess.baseline(method, forget_set)]
        for row, where in zip(found.to_dict("records"), places(found), strict=True)
    ]


def compare(
    measured: Measured, cost: float, stopped: list[Stopped], *, among: int = 1
) -> dict[str, Any]:
    """Hold a run against retraining that is stopped early, by the excess of the worst split.

    Parameters
    ----------
    measured : of the run
    cost : of the run, in units of a retraining
    stopped : what `retrainings` returned, of the same forget set
    among : how many runs it was chosen from by their scores: the luckiest was taken, so intervals
        are as wide as it takes for all of them to err together in 5 % of cases (Bonferroni)

    Returns
    -------
    dict
        `COLUMNS`: the verdict; epoch and cost of the retraining that decided it (the hardest one to
        beat; for ``worse`` the dearest that costs no more); and by how much the run lies below it,
        in nats, with its paired 95 % interval, widened for `among`.
    """
    within = [each for each in stopped if each.cost <= cost + EQUAL]
    beyond = [each for each in stopped if each.cost >= cost - EQUAL]
    others = within + [each for each in beyond[:1] if each not in within]
    worst = MEASURES.index(WORST)
    values = np.array([each.measured.values[worst] for each in others]) - measured.values[worst]
    moved = np.array([each.measured.moved[worst] for each in others]) - measured.moved[worst]
    low, high = stretched(values, *interval(values, moved), below=0.975, among=among)
    decides = int(np.argmin(low))
    if low[decides] > 0:
        verdict = BETTER
    elif within and high[len(within) - 1] < 0:
        verdict, decides = WORSE, len(within) - 1
    else:
        verdict = UNTOLD if within else CHEAPER
    numbers = values[decides], low[decides], high[decides]
    found = (verdict, others[decides].epoch, others[decides].cost, *map(float, numbers))
    return dict(zip(COLUMNS, found, strict=True))
