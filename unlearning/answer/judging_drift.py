"""The rules that ask whether ascent does it, or the BatchNorm statistics that drift beside it."""

import pandas as pd

from unlearning.answer.controls import CELL, diverged
from unlearning.answer.evidence import Evidence
from unlearning.answer.judging_runs import ASCENT, DRIFT
from unlearning.answer.outcomes import widened
from unlearning.answer.verdicts import (
    FAILS,
    IN_PART,
    NOT_TESTED,
    STANDS,
    UNKNOWN,
    Verdict,
    artefact,
    by_count,
    counted,
)
from unlearning.scoring.klom import CAP

#: Nats of P95 KLoM from which on a score is too near its largest value to tell what adds to it.
SATURATED = 0.75 * CAP


def ascent_breaks(evidence: Evidence) -> Verdict:
    """Judge whether it is ascent that breaks models, learning rate by learning rate."""
    parts = evidence.parts
    parts = parts[(parts["split"] == "validation") & parts["method"].isin(ASCENT)]
    if parts.empty:
        return Verdict(
            NOT_TESTED, "this study has no run of gradient ascent beside its controls of BatchNorm"
        )
    runs = beside(parts)
    whole = runs[~runs["diverged"]]
    broken = whole[whole["total_low"] > 0]
    alone = parts[parts["part"] == "ascent alone"]
    alone = alone[~diverged(alone)]
    low = broken[["score", "drift_score"]].max(axis=1) <= SATURATED
    found = causes(broken[low])
    rates = found.groupby(["method", "learning_rate"])[["ascent", "drift", "cells"]].sum()
    because = (
        f"{counted(len(broken), len(whole), 'runs')} are worse than the pretrained models on the "
        f"validation set, with frozen statistics {(alone['low'] > 0).sum()} of {len(alone)}; "
    )
    if (lost := len(runs) - len(whole)) or len(alone) < len(runs):
        because += f"{lost} and {len(runs) - len(alone)} that diverged are not counted; "
    because += (
        f"{len(broken) - low.sum()} of the former are above {SATURATED:.1f} nats, too near the "
        f"largest value to take apart"
    )
    if len(rates):
        because += "; what ascent adds on top of drift is told in " + ", ".join(
            f"{ascent} of {cells} at {str(method).upper()} {rate:g} (less than what drift does "
            f"alone in {drift})"
            for method, rate, ascent, drift, cells in rates.reset_index().to_numpy()
        )
    by_ascent = int((rates["ascent"] > rates["drift"]).sum())
    by_drift = int(((rates["drift"] >= rates["ascent"]) & (rates["drift"] > 0)).sum())
    word = by_count(by_ascent, by_ascent + by_drift)
    return Verdict(artefact(DRIFT) if word == FAILS else word, because)


def beside(parts: pd.DataFrame) -> pd.DataFrame:
    """Return a row a run, with its parts side by side.

    Parameters
    ----------
    parts : rows of `controls.decompose`, of one split

    Returns
    -------
    DataFrame
        `CELL`; ``total_low``; ``drift_low`` and ``drift_high`` of the same run at learning rate 0;
        ``adds_difference``, ``adds_low`` and ``adds_high`` of ascent on top of that; ``score`` and
        ``drift_score``: the upper ends of their P95 KLoM; ``diverged``: members of either did.
    """
    rows = parts.assign(**parts[CELL].fillna(-1), diverged=diverged(parts))
    own = {part: table.set_index(CELL) for part, table in rows.groupby("part")}
    total, adds = own["total"], own["ascent on drift"]
    rest = [name for name in CELL if name != "learning_rate"]
    drift = own["drift"].reset_index().set_index(rest)
    drift = drift.reindex(total.reset_index().set_index(rest).index).set_axis(total.index)
    ends = adds[["difference", "low", "high"]].add_prefix("adds_")
    return ends.assign(
        total_low=total["low"],
        drift_low=drift["low"],
        drift_high=drift["high"],
        score=total["klom_p95_high"],
        drift_score=drift["klom_p95_high"],
        diverged=total["diverged"] | adds["diverged"] | drift["diverged"],
    ).reset_index()


def causes(broken: pd.DataFrame) -> pd.DataFrame:
    """Tell of each run that is worse than the pretrained models what makes it worse.

    Parameters
    ----------
    broken : rows of `beside`

    Returns
    -------
    DataFrame
        `CELL`, ``cells`` (1 each), ``ascent``: what it adds on top of drift is told to be above 0,
        by intervals that share their error among all rows; ``drift``: it is not, drift alone is
        told to be, and ascent is told to add less than that.
    """
    ends = broken[["adds_difference", "adds_low", "adds_high"]]
    ends = ends.rename(columns=lambda name: name.removeprefix("adds_"))
    least, most = widened(ends, max(len(broken), 1))
    ascent = least > 0
    drift = ~ascent & (broken["drift_low"] > 0) & (most < broken["drift_low"])
    return broken[CELL].assign(cells=1, ascent=ascent.astype(int), drift=drift.astype(int))


def recedes(evidence: Evidence) -> Verdict:
    """Judge whether unlearning can end farther from the oracle than it began."""
    runs, frozen = evidence.grid(), evidence.frozen()
    if not len(runs):
        return Verdict(UNKNOWN, "no forget set has anything to unlearn at this N")
    away = runs[runs["recedes"]]
    kept, still = runs[~runs["diverged"]], frozen[~frozen["diverged"]]
    key = ["method", "forget_set", "epoch"]
    pairs = away.merge(
        still,
        left_on=[*key, "setting"],
        right_on=[*key, "grid_setting"],
        suffixes=("", "_still"),
    )
    nearer = int((pairs["most_still"] < pairs["least"]).sum())
    because = f"{counted(len(away), len(kept), 'runs')} are farther on the forget set itself"
    if len(frozen):
        because += f", with frozen BatchNorm {still['recedes'].sum()} of {len(still)}"
        if len(away):
            because += (
                f"; {nearer} of the former {len(away)} are told to be nearer with it frozen and "
                "all else the same"
            )
    lost = len(runs) - len(kept) + len(frozen) - len(still)
    if lost:
        because += f"; {lost} that diverged are not counted"
    if not len(away):
        return Verdict(FAILS if runs["approaches"].all() else UNKNOWN, because)
    if frozen.empty or still["recedes"].any():
        return Verdict(STANDS, because)
    return Verdict(artefact(DRIFT) if nearer == len(away) else IN_PART, because)
