"""The rules that ask whether ascent does it, or the BatchNorm statistics that drift beside it."""

import pandas as pd

from unlearning.answer.controls import CELL, diverged
from unlearning.answer.evidence import Evidence
from unlearning.answer.judging_runs import ASCENT, DRIFT, beside_frozen, untestable
from unlearning.answer.outcomes import RUN, widened
from unlearning.answer.verdicts import (
    FAILS,
    IN_PART,
    NOT_TESTED,
    STANDS,
    UNKNOWN,
    Verdict,
    artefact,
    counted,
)
from unlearning.scoring.klom import CAP

#: Nats of P95 KLoM from which on a score is too near its largest value to tell what adds to it.
SATURATED = 0.75 * CAP
#: What may make a run worse than the pretrained models.
CAUSES = ["ascent", "drift", "both"]


def ascent_breaks(evidence: Evidence) -> Verdict:
    """Judge whether it is ascent that breaks models, learning rate by learning rate."""
    parts = evidence.parts
    parts = parts[(parts["split"] == "validation") & parts["method"].isin(ASCENT)]
    if parts.empty:
        return Verdict(
            NOT_TESTED, "this study has no run of gradient ascent beside its controls of BatchNorm"
        )
    runs = beside(parts)
    broken = runs[(runs["total_low"] > 0) | runs["diverged"]]
    low = (broken["drift_score"] <= SATURATED) & ~broken["drift_diverged"]
    found = causes(broken[low])
    rates = found.groupby(["method", "learning_rate"])[[*CAUSES, "cells"]].sum()
    lost = runs["alone_diverged"]
    because = (
        f"{counted(len(broken), len(runs), 'runs')} are worse than the pretrained models on the "
        f"validation set, {runs['diverged'].sum()} with members that diverged; with frozen "
        f"statistics {((runs['alone_low'] > 0) | lost).sum()}, {lost.sum()} with such members; of "
        f"the former {len(broken) - low.sum()} have a drift that alone is above {SATURATED:.1f} "
        "nats, too near the largest value to tell what adds to it"
    )
    if len(rates):
        because += "; what makes the others worse is told to be ascent, drift, or both in " + (
            ", ".join(
                f"{ascent}, {drift} and {both} of {cells} at {str(method).upper()} {rate:g}"
                for method, rate, ascent, drift, both, cells in rates.reset_index().to_numpy()
            )
        )
    if not rates[CAUSES].to_numpy().any():
        return Verdict(UNKNOWN, because)
    if (rates["drift"] > rates["cells"] / 2).all():
        return Verdict(artefact(DRIFT), because)
    stands = (rates["ascent"] > rates["cells"] / 2).all() and low.all()
    return Verdict(STANDS if stands else IN_PART, because)


def beside(parts: pd.DataFrame) -> pd.DataFrame:
    """Return a row a run, with its parts side by side.

    Parameters
    ----------
    parts : rows of `controls.decompose`, of one split

    Returns
    -------
    DataFrame
        `CELL` and ``setting``; ``total_low``; ``drift_difference``, ``drift_low`` and
        ``drift_high`` of the same run at learning rate 0; so with ``adds`` of ascent on top of
        that, and with ``alone`` of the run with frozen statistics; ``score`` and ``drift_score``:
        the upper ends of their P95 KLoM; ``diverged``: members did; ``drift_diverged`` and
        ``alone_diverged``: of these runs.
    """
    rows = parts.assign(**parts[CELL].fillna(-1), diverged=diverged(parts))
    own = {part: table.set_index(CELL) for part, table in rows.groupby("part")}
    total = own["total"]
    rest = [name for name in CELL if name != "learning_rate"]
    drift = own["drift"].reset_index().set_index(rest)
    drift = drift.reindex(total.reset_index().set_index(rest).index).set_axis(total.index)
    alone = own["ascent alone"].reindex(total.index)
    found = total[["setting"]].assign(
        total_low=total["low"],
        score=total["klom_p95_high"],
        drift_score=drift["klom_p95_high"],
        diverged=total["diverged"],
        drift_diverged=drift["diverged"],
        alone_diverged=alone["diverged"],
    )
    for name, part in (("drift", drift), ("adds", own["ascent on drift"]), ("alone", alone)):
        found = found.join(part[["difference", "low", "high"]].add_prefix(f"{name}_"))
    return found.reset_index()


def causes(worse: pd.DataFrame) -> pd.DataFrame:
    """Tell of each run that is worse than the pretrained models what makes it worse.

    Parameters
    ----------
    worse : rows of `beside`

    Returns
    -------
    DataFrame
        `CELL`, ``cells`` (1 each), and of `CAUSES` at most one (1 or 0), by intervals that share
        their error among all rows. What ascent adds on top of drift is told to be above 0, as it is
        where members diverged that do not at learning rate 0; or it is told to be less than drift
        alone, which it can't be where it takes the score near its largest value: ``ascent`` where
        the first alone holds, ``drift`` where the second alone does and the run with frozen
        statistics is not told to be worse, ``both`` else.
    """
    among = max(len(worse), 1)

    def ends(name: str) -> tuple["pd.Series[float]", "pd.Series[float]"]:
        return widened(worse, among, [f"{name}_{end}" for end in ("difference", "low", "high")])

    (least, most), drifts, alone = ends("adds"), ends("drift")[0], ends("alone")[0]
    adds = (least > 0) | worse["diverged"].astype(bool)
    less = (drifts > 0) & (most < worse["drift_low"]) & (worse["score"] <= SATURATED)
    still = (alone > 0) | worse["alone_diverged"].astype(bool)
    found = {"ascent": adds & ~less, "drift": less & ~adds & ~still}
    found["both"] = less & (adds | still)
    return worse[CELL].assign(cells=1, **{name: found[name].astype(int) for name in CAUSES})


def recedes(evidence: Evidence) -> Verdict:
    """Judge whether unlearning can end farther from the oracle than it began."""
    if found := untestable(evidence):
        return found
    runs, frozen = evidence.grid(), evidence.frozen()
    away, kept = runs[runs["recedes"]], runs[~runs["diverged"]]
    still = frozen[~frozen["diverged"]]
    because = f"{counted(len(away), len(kept), 'runs')} are farther on the forget set itself"
    if len(frozen):
        because += f", with frozen BatchNorm {still['recedes'].sum()} of {len(still)}"
    parts = evidence.parts
    parts = parts if parts.empty else parts[parts["split"] == "forget"]
    by_drift, nearer = _receding_by_drift(away, parts), _nearer_when_frozen(away, still)
    if len(away) and len(parts):
        because += (
            f"; in {len(by_drift)} of the former {len(away)} the same run at learning rate 0 is "
            "farther as well, and ascent is told to add less than that"
        )
    if len(away) and len(frozen):
        because += f"; {len(nearer)} are told to be nearer with BatchNorm frozen"
    lost = len(runs) - len(kept) + len(frozen) - len(still)
    if lost:
        because += f"; {lost} that diverged are not counted"
    if not len(away):
        told = len(kept) > len(runs) / 2 and kept["approaches"].all()
        return Verdict(FAILS if told else UNKNOWN, because)
    if (frozen.empty and parts.empty) or still["recedes"].any():
        return Verdict(STANDS, because)
    return Verdict(
        artefact(DRIFT) if len(by_drift | nearer) == len(away) else IN_PART,
        because,
    )


def _receding_by_drift(away: pd.DataFrame, parts: pd.DataFrame) -> set[int]:
    """Return which of some runs are farther by drift, and not by ascent, by their parts."""
    if away.empty or parts.empty:
        return set()
    runs = away.reset_index().merge(beside(parts), on=RUN)
    # To diverge is not to recede, and what has receded may be as far as it can be.
    runs = runs.assign(alone_diverged=False, diverged=False, score=0.0)
    return set(runs.loc[causes(runs)["drift"] == 1, "index"])


def _nearer_when_frozen(away: pd.DataFrame, still: pd.DataFrame) -> set[int]:
    """Return which of some runs are told to be nearer with frozen BatchNorm, and all else alike."""
    pairs = beside_frozen(away.reset_index(), still)
    return set(pairs.loc[pairs["most_still"] < pairs["least"], "index"])
