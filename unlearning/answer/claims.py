"""The paper's claims that an experiment can test, and the rule by which each is judged.

Claims are of Sections 1 to 3 and of the figures and the appendix that these refer to, in our words.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from unlearning.answer import judging
from unlearning.answer.evidence import Evidence
from unlearning.answer.verdicts import NOT_TESTED, Verdict


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
        "on which the excess on retain and validation set is not told from 0.",
        "fig6",
        judging.pretrained,
        ("baselines",),
    ),
    Claim(
        "ascent fails",
        "Sec. 2, Fig. 1",
        "Gradient ascent and descent-ascent either break the model or leave it where it was.",
        "A pair of method and forget set fails where no run of the grid lowers KLoM on the forget "
        "set without being told to raise it on the others. An artefact where runs with frozen "
        "BatchNorm do so on more than half of the pairs that fail with trained statistics.",
        "fig6",
        judging.ascent_fails,
    ),
    Claim(
        "ascent breaks",
        "Sec. 2, Fig. 1",
        "What degrades the model in these runs is ascent.",
        "Of the runs that are worse on the validation set, those count that are worse than the "
        "same run at learning rate 0; an artefact where these are fewer than half.",
        "controls",
        judging.ascent_breaks,
        ("parts",),
    ),
    Claim(
        "harmful",
        "Abstract, Sec. 1",
        "Unlearning may end even farther from the oracle than the model that it began with.",
        "Stands where a run of the grid is above the pretrained models on the forget set itself; "
        "an artefact where no run with frozen BatchNorm is.",
        "controls",
        judging.recedes,
    ),
    Claim(
        "sensitive",
        "Sec. 1",
        "Descent-ascent depends strongly on learning rate and duration.",
        "A pair of method and forget set counts where the intervals of the best and the worst run "
        "on the validation set do not meet.",
        "selection",
        judging.sensitive,
        ("cells",),
    ),
    Claim(
        "illusion",
        "Fig. 2, left",
        "On a few random points some runs of gradient ascent seem to unlearn without breaking.",
        f"A random set of at most {judging.FEW} points counts where a run forgets without being "
        "told to do harm.",
        "fig2",
        judging.illusion,
    ),
    Claim(
        "missing targets",
        "Sec. 2, Fig. 2, right",
        "To succeed one would have to know learning rate and stopping time beforehand.",
        "A rule that needs no oracles counts where it is told to be worse than the oracle's choice "
        "on more than half of methods and forget sets, in the mean of the three P95.",
        "selection",
        judging.missing_targets,
        ("selection", "baselines"),
    ),
    Claim(
        "different rates",
        "Sec. 2",
        "Points unlearn at different rates, so that each would need a stopping time of its own.",
        "A run counts where points that stop at epochs of their own end nearer to the oracles than "
        "all at one epoch: P95 KLoM on the forget set, both chosen on half of the members, told "
        "apart on the other half.",
        "fig2",
        judging.different_rates,
        ("stopping", "baselines"),
    ),
    Claim(
        "SCRUB stays",
        "App. M, Fig. 6",
        "SCRUB stays near the pretrained models.",
        "Runs count that are told from the pretrained models on no split; an artefact where more "
        "than half of those that train the student are, and at most half of those that do not.",
        "protocols",
        judging.scrub_stays,
    ),
    Claim(
        "random sets",
        "Sec. 3, Lemma 1",
        "A model that has not seen a random set is as often right on it as on the population.",
        "A set counts where at most 5 % of the oracles are beyond the gap that the two-sample "
        "bound allows 5 % of them.",
        "random_sets",
        judging.random_accuracy,
        ("accuracies",),
    ),
    Claim(
        "random harm",
        "Abstract, Sec. 3",
        "Random sets cannot be unlearned without degrading the model.",
        "Of the pairs of method and random set on which some run forgets, those count where each "
        "such run does harm.",
        "fig6",
        judging.random_harm,
    ),
    Claim(
        "dependence",
        "Abstract, Sec. 1; the NeurIPS version's proposal",
        "What breaks the model is the dependence between forget and retain set.",
        "Stands where the spectral norm of the forget-by-retain block of the datamodels goes with "
        "the damage by a rank correlation above 0 among sets of one size on each split, and among "
        "those of one origin as well on some; in part where only some of this holds.",
        "influence",
        judging.dependence,
        ("influence",),
    ),
    Claim(
        "enough members",
        "App. M",
        "Scores are stable once there are 80 members.",
        "Stands where no P95 of pretrained models changes beyond chance from 80 to all members; in "
        "part where it is the floor alone that does.",
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
    "accuracies": "random forget sets",
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
