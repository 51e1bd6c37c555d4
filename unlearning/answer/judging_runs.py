"""The rules that judge by what became of the runs: do they forget, do they break the model."""

from collections.abc import Collection

import pandas as pd

from unlearning.answer.controls import diverged
from unlearning.answer.evidence import Evidence
from unlearning.answer.outcomes import (
    LITTLE,
    fails,
    falls_short,
    lasting,
    measurable,
    median_of,
    moves,
    outcomes,
    places,
    succeeds,
    widened,
)
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
    numbered,
)

ASCENT = ("ga", "gda")
#: What ascends and descends.
BOTH_WAYS = ("gda", "scrub")
DRIFT = "the drift of BatchNorm"
#: A set as small as that of Fig. 2.
FEW = 10


def untestable(
    evidence: Evidence,
    methods: tuple[str, ...] = (),
    among: Collection[str] | None = None,
    named: str = "",
) -> Verdict | None:
    """Return why nothing can be said of the runs of a grid, if that is so.

    Parameters
    ----------
    evidence : of one study
    methods : that are asked for, all if none is named
    among : forget sets that are asked for, all if None
    named : what a sentence calls these runs
    """
    runs = evidence.cells[evidence.cells["kind"] == "grid"]
    runs = runs[runs["method"].isin(methods or set(runs["method"]))]
    runs = runs if among is None else runs[runs["forget_set"].isin(among)]
    if runs.empty:
        return Verdict(NOT_TESTED, f"this study has no run{named}")
    here = evidence.grid(methods)
    here = here if among is None else here[here["forget_set"].isin(among)]
    if here.empty:
        return Verdict(UNKNOWN, "no forget set has anything to unlearn at this N")
    if lasting(here).empty:
        return Verdict(UNKNOWN, f"members of all {len(here)} runs diverged, or lack their scores")
    return None


def beside_frozen(runs: pd.DataFrame, frozen: pd.DataFrame) -> pd.DataFrame:
    """Return runs of the grid that have one with frozen BatchNorm and all else alike, ``_still``.

    Parameters
    ----------
    runs, frozen : of `outcomes`, the latter of runs with frozen BatchNorm
    """
    key = ["method", "forget_set", "epoch"]
    own, others = [*key, "setting"], [*key, "grid_setting"]
    return runs.merge(frozen, left_on=own, right_on=others, suffixes=("", "_still"))


def ascent_fails(evidence: Evidence) -> Verdict:
    """Judge whether GA and GDA break the model or leave it where it was."""
    if found := untestable(evidence, ASCENT, named=" of gradient ascent"):
        return found
    every, frozen = evidence.grid(ASCENT), evidence.frozen(ASCENT)
    runs = lasting(every)
    cells = places(runs, runs["method"].notna())
    succeeding = places(runs, succeeds(runs))
    # Where no run breaks the model, none was bold enough to tell.
    failing = (cells - places(runs, ~fails(runs))) & places(runs, runs["breaks"])
    frozen = frozen[frozen["forget_set"].isin(set(runs["forget_set"]))]
    without = places(frozen, succeeds(frozen))
    because = (
        f"{counted(len(succeeding), len(cells), 'pairs of method and forget set')} have a run that "
        f"forgets and harms by less than {LITTLE:g} nat, in {len(failing)} every run is told to "
        f"break the model or to gain less than that on every split, and one breaks it; of "
        f"{len(every)} runs "
        f"{every['forgets'].sum()} forget, {every['harms'].sum()} do harm and "
        f"{(~every['forgets'] & ~every['harms']).sum()} neither"
    )
    if lost := int(every["diverged"].sum()):
        because += f"; members of {lost} diverged"
    if len(frozen):
        because += (
            f"; with frozen BatchNorm {counted(len(without), len(cells), 'pairs have such a run')}"
        )
    word = by_count(len(failing), len(failing | succeeding), len(cells))
    if word == STANDS and (failing < cells or without):
        word = IN_PART
    if word in (STANDS, IN_PART) and len(without - succeeding) > len(cells) / 2:
        word = artefact(DRIFT)
    return Verdict(word, because)


def sensitive(evidence: Evidence) -> Verdict:
    """Judge whether scores hang on learning rate and duration."""
    rows = evidence.cells[
        (evidence.cells["kind"] == "grid") & (evidence.cells["split"] == "validation")
    ]
    apart, alike, spread = _spread(rows)
    if apart.empty:
        return Verdict(
            NOT_TESTED, "no method that ascends and descends has two runs on a forget set"
        )
    because = (
        f"the best and the worst run are told to be {LITTLE:g} nat or more apart on the validation "
        f"set in {apart.sum()} of {len(apart)} pairs of method and forget set, and less in "
        f"{alike.sum()}; between them lie {median_of(spread):.2f} nats in the median"
    )
    frozen = evidence.cells[
        (evidence.cells["kind"] == "frozen_batch_norm") & (evidence.cells["split"] == "validation")
    ]
    _, still, _ = _spread(frozen)
    by_drift = int((apart & still.reindex(apart.index, fill_value=False)).sum())
    if by_drift:
        because += f"; with frozen BatchNorm {by_drift} of the former are less apart"
    word = by_count(int(apart.sum()), int((apart | alike).sum()), len(apart))
    if word in (STANDS, IN_PART) and by_drift:
        word = artefact(DRIFT) if by_drift == apart.sum() else IN_PART
    return Verdict(word, because)


def _spread(
    rows: pd.DataFrame,
) -> tuple["pd.Series[bool]", "pd.Series[bool]", "pd.Series[float]"]:
    """Return which pairs have runs that are told apart, or told alike, and how far they lie.

    Runs that diverged have no place, and their pairs are not alike.
    """
    rows = rows[rows["difference"].notna() & rows["method"].isin(BOTH_WAYS)]
    pair = ["method", "forget_set"]
    rows = rows.assign(diverged=diverged(rows))
    lost = rows.groupby(pair)["diverged"].any()
    rows = rows[~rows["diverged"]].groupby(pair).filter(lambda runs: len(runs) > 1)
    rows = rows.assign(**dict(zip(("low", "high"), widened(rows, max(len(rows), 1)), strict=True)))
    cells = rows.groupby(pair)
    apart = cells["low"].max() - cells["high"].min() > LITTLE
    alike = cells["high"].max() - cells["low"].min() < LITTLE
    spread = cells["difference"].max() - cells["difference"].min()
    return apart, alike & ~lost.reindex(alike.index, fill_value=False), spread


def illusion(evidence: Evidence) -> Verdict:
    """Judge whether gradient ascent seems to unlearn a few random points."""
    few = {name for name, size in evidence.sizes.items() if size <= FEW}
    named = f" of gradient ascent on a random set of at most {FEW} points"
    if found := untestable(evidence, ("ga",), few, named):
        return found
    runs = evidence.grid(("ga",))
    runs = lasting(runs[runs["forget_set"].isin(few)])
    good = runs[succeeds(runs)]
    sets = set(runs["forget_set"])
    seeming = set(good["forget_set"])
    told = seeming | (sets - set(runs.loc[~falls_short(runs), "forget_set"]))
    because = (
        f"{counted(len(good), len(runs), 'runs of gradient ascent')} on "
        f"{numbered(len(sets), 'set')} of at most {FEW} random points forget and harm by less "
        f"than {LITTLE:g} nat, {falls_short(runs).sum()} are told not to"
    )
    return Verdict(by_count(len(seeming), len(told), len(sets)), because)


def scrub_stays(evidence: Evidence) -> Verdict:
    """Judge whether SCRUB stays near the pretrained models."""
    if found := untestable(evidence, ("scrub",), named=" of SCRUB"):
        return found
    runs = outcomes(evidence.cells, ("grid", "as_published"))
    here = runs["forget_set"].isin(measurable(evidence.baselines))
    runs = runs[here & (runs["method"] == "scrub")]
    frozen = runs["behaviour"].str.contains("student")
    if (alone := runs["behaviour"] == "student").any():
        frozen = alone  # the same runs but for this
    trained = (runs["kind"] == "grid").to_numpy()
    near, away = runs["near"], runs["away"]
    because = (
        f"of runs that train the student {near[trained].sum()} of {trained.sum()} stay within "
        f"{LITTLE:g} nat of the pretrained models on every split and {away[trained].sum()} are "
        "told to go farther on one"
    )
    if frozen.any():
        because += (
            f", of {'the same' if alone.any() else 'published'} runs with the student frozen "
            f"{near[frozen].sum()} and {away[frozen].sum()} of {int(frozen.sum())}"
        )
    left = beside_frozen(runs[(away & trained).to_numpy()], evidence.frozen(("scrub",)))
    by_drift = int(left["near_still"].sum())
    if by_drift:
        because += f"; {by_drift} of the {away[trained].sum()} stay with frozen BatchNorm"
    word = by_count(int(near[trained].sum()), int((near | away)[trained].sum()), int(trained.sum()))
    if word == FAILS and by_drift == away[trained].sum():
        word = artefact(DRIFT)
    if away[trained].mean() > 0.5 and frozen.any() and near[frozen].mean() >= 0.5:
        word = artefact("a student that was not trained")
    return Verdict(word, because)


def random_harm(evidence: Evidence) -> Verdict:
    """Judge whether random sets can't be forgotten without harm, by any method of the study."""
    if found := untestable(evidence, (), set(evidence.sizes), " on a random forget set"):
        return found
    runs = evidence.grid()
    runs = runs[runs["forget_set"].isin(set(evidence.sizes))]
    cells = places(runs, runs["method"].notna())
    harmed, harmless = _harmed(runs)
    frozen = evidence.frozen()
    frozen = frozen[frozen["forget_set"].isin(set(evidence.sizes))]
    harmed_still, without = _harmed(frozen)
    because = (
        f"{counted(len(harmed | harmless), len(cells), 'pairs')} of method and random set have a "
        f"run that forgets and is told what it does besides, in {len(harmed)} each of these breaks "
        f"the model, in {len(harmless)} one harms by less than {LITTLE:g} nat"
    )
    if len(frozen):
        because += (
            f"; with frozen BatchNorm {len(harmed_still)} are of the former and {len(without)} of "
            "the latter kind"
        )
    word = by_count(len(harmed), len(harmed | harmless), len(cells))
    if word == STANDS and len(frozen) and (without or not harmed & harmed_still):
        word = IN_PART
    if word in (STANDS, IN_PART) and len(without - harmless) > len(harmed) / 2:
        word = artefact(DRIFT)
    return Verdict(word, because)


def _harmed(runs: pd.DataFrame) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return the pairs in which all that forgets breaks the model, and where some does no harm."""
    moving = moves(runs)
    return places(runs, moving) - places(runs, moving & ~runs["breaks"]), places(
        runs, succeeds(runs)
    )
