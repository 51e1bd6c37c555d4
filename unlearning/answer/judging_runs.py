"""The rules that judge by what became of the runs: do they forget, do they break the model."""

import pandas as pd

from unlearning.answer.controls import diverged
from unlearning.answer.evidence import Evidence
from unlearning.answer.outcomes import (
    LITTLE,
    fails,
    measurable,
    median_of,
    moves,
    outcomes,
    places,
    succeeds,
    widened,
)
from unlearning.answer.verdicts import (
    IN_PART,
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


def ascent_fails(evidence: Evidence) -> Verdict:
    """Judge whether GA and GDA break the model or leave it where it was."""
    runs, frozen = evidence.grid(ASCENT), evidence.frozen(ASCENT)
    cells = places(runs, runs["method"].notna())
    succeeding = places(runs, succeeds(runs))
    failing = cells - places(runs, ~fails(runs))
    frozen = frozen[frozen["forget_set"].isin(set(runs["forget_set"]))]
    without = places(frozen, succeeds(frozen))
    because = (
        f"{counted(len(succeeding), len(cells), 'pairs of method and forget set')} have a run that "
        f"forgets and harms by less than {LITTLE:g} nat, in {len(failing)} every run is told to "
        f"break the model or to forget less than that; of {len(runs)} runs "
        f"{runs['forgets'].sum()} forget, {runs['harms'].sum()} do harm and "
        f"{(~runs['forgets'] & ~runs['harms']).sum()} neither"
    )
    if len(frozen):
        because += (
            f"; with frozen BatchNorm {counted(len(without), len(cells), 'pairs have such a run')}"
        )
    word = by_count(len(failing), len(failing | succeeding))
    if word == STANDS and len(failing) < len(cells):
        word = IN_PART
    if word in (STANDS, IN_PART) and len(without - succeeding) > len(cells) / 2:
        word = artefact(DRIFT)
    return Verdict(word, because)


def sensitive(evidence: Evidence) -> Verdict:
    """Judge whether scores hang on learning rate and duration."""
    rows = evidence.cells[
        (evidence.cells["kind"] == "grid") & (evidence.cells["split"] == "validation")
    ]
    rows = rows[rows["method"].isin(BOTH_WAYS) & ~diverged(rows)]
    pair = ["method", "forget_set"]
    rows = rows.groupby(pair).filter(lambda runs: len(runs) > 1)
    if rows.empty:
        return Verdict(UNKNOWN, "no method that ascends and descends has two runs on a forget set")
    rows = rows.assign(**dict(zip(("low", "high"), widened(rows, len(rows)), strict=True)))
    cells = rows.groupby(pair)
    apart = cells["low"].max() > cells["high"].min()
    spread = cells["difference"].max() - cells["difference"].min()
    because = (
        f"the best and the worst run are told apart on the validation set in {apart.sum()} of "
        f"{len(apart)} pairs of method and forget set; between them lie {median_of(spread):.2f} "
        "nats in the median"
    )
    return Verdict(by_count(int(apart.sum()), len(apart)) if apart.any() else UNKNOWN, because)


def illusion(evidence: Evidence) -> Verdict:
    """Judge whether gradient ascent seems to unlearn a few random points."""
    few = {name for name, size in evidence.sizes.items() if size <= FEW}
    runs = evidence.grid(("ga",))
    runs = runs[runs["forget_set"].isin(few)]
    good = runs[succeeds(runs)]
    sets = set(runs["forget_set"])
    seeming = set(good["forget_set"])
    told = seeming | (sets - set(runs.loc[~fails(runs), "forget_set"]))
    because = (
        f"{counted(len(good), len(runs), 'runs of gradient ascent')} on "
        f"{numbered(len(sets), 'set')} of at most {FEW} random points forget and harm by less "
        f"than {LITTLE:g} nat, {fails(runs).sum()} are told not to"
    )
    return Verdict(by_count(len(seeming), len(told)), because)


def scrub_stays(evidence: Evidence) -> Verdict:
    """Judge whether SCRUB stays near the pretrained models."""
    runs = outcomes(evidence.cells, ("grid", "as_published"))
    here = runs["forget_set"].isin(measurable(evidence.baselines))
    runs = runs[here & (runs["method"] == "scrub")]
    frozen = runs["behaviour"].str.contains("student")
    trained = (runs["kind"] == "grid").to_numpy()
    near, away = runs["near"], runs["away"]
    because = (
        f"of runs that train the student {near[trained].sum()} of {trained.sum()} stay within "
        f"{LITTLE:g} nat of the pretrained models on every split and {away[trained].sum()} are "
        "told to go farther on one"
    )
    if frozen.any():
        because += (
            f", of those with the published, frozen one {near[frozen].sum()} and "
            f"{away[frozen].sum()} of {int(frozen.sum())}"
        )
    if not trained.any():
        return Verdict(UNKNOWN, "no run of SCRUB is on a forget set that has anything to unlearn")
    word = by_count(int(near[trained].sum()), int((near | away)[trained].sum()))
    if away[trained].mean() > 0.5 and frozen.any() and near[frozen].mean() >= 0.5:
        word = artefact("a student that was not trained")
    return Verdict(word, because)


def random_harm(evidence: Evidence) -> Verdict:
    """Judge whether random sets can't be forgotten without harm, by any method of the study."""
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
    word = by_count(len(harmed), len(harmed | harmless))
    if word == STANDS and (
        len(harmed) <= len(cells) / 2 or (len(frozen) and not harmed & harmed_still)
    ):
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
