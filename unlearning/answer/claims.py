"""The paper's claims that an experiment can test, and the rule by which each is judged.

Claims are of Sections 1 to 3 and of the figures and the appendix that these refer to, in our words.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from unlearning.answer import judging, judging_drift, judging_runs
from unlearning.answer.evidence import Evidence
from unlearning.answer.outcomes import LITTLE
from unlearning.answer.stability import NEGLIGIBLE
from unlearning.answer.verdicts import NOT_TESTED, Verdict

#: What the rules that count have in common.
HALF = "Neither stands nor fails where what is told is half of all or less."


@dataclass(frozen=True)
class Claim:
    """A sentence of the paper, and how it is judged.

    ``needs`` are the tables of `Evidence` without which a study can't say anything.
    """

    name: str
    place: str
    claim: str
    rule: str
    figure: str
    judge: Callable[[Evidence], Verdict]
    needs: tuple[str, ...] = ("cells", "baselines")


CLAIMS = [
    Claim(
        "perfect score",
        "Fig. 1, Sec. 2",
        "A score of 0 is perfect unlearning, and what unlearns well comes near it.",
        "An artefact of few members where a second ensemble of oracles, which is perfect, is above "
        f"{judging.NEAR} nats with its whole interval on most splits; stands where all are below.",
        "stability",
        judging.zero,
        ("baselines",),
    ),
    Claim(
        "pretrained",
        "Fig. 1",
        "Pretrained models are near the oracles on the validation set and far on the forget set.",
        "Of the forget sets on which they are above the floor by their whole interval, those count "
        f"on which they are less than {LITTLE:g} nat above it on retain and validation set, "
        f"against those on which they are told to be more. {HALF}",
        "fig6",
        judging.pretrained,
        ("baselines",),
    ),
    Claim(
        "ascent fails",
        "Sec. 2, Fig. 1",
        "Gradient ascent and descent-ascent either break the model or leave it where it was.",
        f"A run forgets where KLoM on the forget set is told to be lower, and by {LITTLE:g} nat or "
        "more for all that is known, by intervals that share their error among all runs. A pair of "
        "method and forget set fails where every run is told, by such intervals, to lower KLoM by "
        f"{LITTLE:g} nat on no split, or, by its own, to raise it by that on another split, or has "
        "members that diverged, and one does; not where one forgets and is told to raise it by "
        "less. Stands where all fail and no run with frozen BatchNorm forgets without harm, in "
        "part where some fail; an artefact where such runs do that on more than half of the pairs. "
        "Pairs whose every run diverged do not count.",
        "fig6",
        judging_runs.ascent_fails,
    ),
    Claim(
        "ascent breaks",
        "Sec. 2, Fig. 1",
        "What degrades the model in these runs is ascent.",
        "Over runs that are worse on the validation set by their own intervals, or diverged, and "
        "whose score at learning rate 0 is not near the largest there is. By intervals that share "
        "their error among them it is ascent where a run is told to be worse than that at learning "
        "rate 0, or diverged; drift where what it adds to that is told to be less than what that "
        "adds to nothing and the run with frozen BatchNorm is not told to be worse; both where "
        "each is so. Stands where ascent it is in more than half of them at every learning rate of "
        "every method, and drift takes none near the largest score; an artefact where it is drift "
        "in more than half at every one; in part where any is told.",
        "controls",
        judging_drift.ascent_breaks,
        ("parts",),
    ),
    Claim(
        "harmful",
        "Abstract, Sec. 1",
        "Unlearning may end even farther from the oracle than the model that it began with.",
        "Stands where a run of the grid is above the pretrained models on the forget set itself, "
        "by intervals that share their error among all runs, and one with frozen BatchNorm is as "
        "well if the study has such; an artefact where of each of them it is told that it is "
        "nearer with frozen BatchNorm and all else the same, or that the same run at learning rate "
        "0 is above as well and ascent adds less than that; in part where it is not told of each. "
        f"Does not stand where every run is told not to be above by {LITTLE:g} nat. Runs with "
        "members that diverged do not count, and are less than half.",
        "controls",
        judging_drift.recedes,
    ),
    Claim(
        "sensitive",
        "Sec. 1",
        "Descent-ascent depends strongly on learning rate and duration.",
        "Of methods that ascend and descend, a pair of method and forget set counts where the "
        "intervals of the best and the worst run on the validation set, made as wide as it takes "
        f"to look among all runs, are {LITTLE:g} nat apart, against those where all that they "
        "hold is closer and no run diverged. An artefact where each that counts is against with "
        f"frozen BatchNorm, in part where some are. {HALF}",
        "selection",
        judging_runs.sensitive,
        ("cells",),
    ),
    Claim(
        "illusion",
        "Fig. 2, left",
        "On a few random points some runs of gradient ascent seem to unlearn without breaking.",
        f"A random set of at most {judging_runs.FEW} points counts where a run forgets and is told "
        f"to harm by less than {LITTLE:g} nat, against those on which every run is told not to. "
        f"{HALF}",
        "fig2",
        judging_runs.illusion,
    ),
    Claim(
        "missing targets",
        "Sec. 2, Fig. 2, right",
        "To succeed one would have to know learning rate and stopping time beforehand.",
        "Of the pairs of method and forget set on which the oracle's choice is told to be better "
        "than to do nothing, in the mean of the three P95 and by intervals that share their error "
        "among all runs that it chooses from: equal accuracy or equal loss count as a "
        "rule where it is told to be worse than that choice, and not that it is by less than "
        f"{LITTLE:g} nat, on more than half of them, against where it is told to be less than that "
        "worse on half of them. A fixed budget and chance stand beside them. Neither stands nor "
        "fails where these pairs are half of all or fewer.",
        "selection",
        judging.missing_targets,
        ("selection", "baselines"),
    ),
    Claim(
        "different rates",
        "Sec. 2",
        "Points unlearn at different rates, so that each would need a stopping time of its own.",
        "A run counts where points that stop at epochs of their own end nearer to the oracles than "
        "all at one epoch, against those where they end farther: P95 KLoM on the forget set, both "
        "chosen on half of the members, told apart on the other half, by intervals that share "
        f"their error among all runs. {HALF} No more than in part where BatchNorm drifts.",
        "fig2",
        judging.different_rates,
        ("stopping", "baselines"),
    ),
    Claim(
        "SCRUB stays",
        "App. M, Fig. 6",
        "SCRUB stays near the pretrained models.",
        f"Runs count that stay within {LITTLE:g} nat of the pretrained models on every split, "
        "against those told to go farther; an artefact where more than half of those that train "
        "the student do, and half of those that do not stay, or where each that goes farther stays "
        f"with frozen BatchNorm. {HALF}",
        "protocols",
        judging_runs.scrub_stays,
    ),
    Claim(
        "random sets",
        "Sec. 3, Lemma 1",
        "A model that has not seen a random set is as often right on it as on the population.",
        "A set counts where at most 5 % of the oracles are beyond the gap that the two-sample "
        f"bound allows 5 % of them, and this gap is at most {100 * judging.ACCURACY:.0f} % of "
        f"accuracy, against those where more are beyond than chance puts there. {HALF}",
        "random_sets",
        judging.random_accuracy,
        ("accuracies",),
    ),
    Claim(
        "random harm",
        "Abstract, Sec. 3",
        "Random sets cannot be unlearned without degrading the model.",
        "Of the pairs of method and random set on which some run forgets, those count where each "
        f"such run raises KLoM on another split by {LITTLE:g} nat, against those where one is told "
        f"to raise it by less. {HALF} It is no more than in part where with frozen BatchNorm none "
        "of them is so as well, or one forgets without harm; an artefact where such runs do that "
        "on more than half.",
        "fig6",
        judging_runs.random_harm,
    ),
    Claim(
        "dependence",
        "Abstract, Sec. 1; the NeurIPS version's proposal",
        "What breaks the model is the dependence between forget and retain set.",
        "Stands where the spectral norm of the forget-by-retain block of the datamodels goes with "
        "the damage by a rank correlation above 0 among sets of one size on each split, and among "
        "those of one origin as well on some and below 0 on none; in part where only some of this "
        "holds, or BatchNorm drifts in the runs that did the damage.",
        "influence",
        judging.dependence,
        ("influence",),
    ),
    Claim(
        "enough members",
        "App. M",
        "Scores are stable once there are 80 members.",
        "Stands where no P95 of pretrained models changes beyond chance from 80 to all members, "
        f"and each is told to stay within {LITTLE:g} nat; in part where some change, of each of "
        "these the excess over the floor is told to stay, so that it is the floor that changes, "
        "and each other score is; does not stand where a score and its excess change beyond "
        f"chance, and it is not told that the latter does by less than {NEGLIGIBLE:g} nat. Of "
        "scores that do not change the excess is not looked at.",
        "stability",
        judging.stable,
        ("stability",),
    ),
]

#: What a study that lacks a table does not have.
LACKING = {
    "cells": "runs of unlearning",
    "parts": "runs beside their controls of BatchNorm",
    "baselines": "baselines",
    "selection": "grid to choose from",
    "stopping": "runs with several stopping times",
    "stability": "ensembles of several sizes",
    "influence": "family of forget sets with their datamodels",
    "accuracies": "accuracies on random forget sets",
}


def judge(evidence: Evidence) -> pd.DataFrame:
    """Judge all claims.

    Parameters
    ----------
    evidence : of one study

    Returns
    -------
    DataFrame
        A row a claim: ``name``, ``place``, ``claim``, ``verdict``, ``because``, ``rule``,
        ``figure``.
    """
    rows = []
    for claim in CLAIMS:
        lacking = [name for name in claim.needs if getattr(evidence, name).empty]
        if lacking:
            verdict = Verdict(NOT_TESTED, f"this study has no {LACKING[lacking[0]]}")
        else:
            verdict = claim.judge(evidence)
        rows.append(
            {
                "name": claim.name,
                "place": claim.place,
                "claim": claim.claim,
                "verdict": verdict.word,
                "because": verdict.because,
                "rule": claim.rule,
                "figure": claim.figure,
            }
        )
    return pd.DataFrame(rows)
