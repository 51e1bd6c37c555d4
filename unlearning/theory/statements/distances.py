"""Lemmas 6 and 7, Corollaries 1 and 2: distances from the oracle, in one coordinate."""

import numpy as np

from unlearning.theory.single_coordinate import alpha_limit, one_dimensional
from unlearning.theory.statements import draws
from unlearning.theory.statements.statement import Statement, Trial

DECADES = 280


def lemma_6(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the distance of the pretrained weight with its bound."""
    drawn = draws.one_coordinate(rng, cases)
    solved, retain = one_dimensional(**drawn), drawn["retain"]
    bound = np.abs(np.log((1 + drawn["alpha"]) * retain / (retain + drawn["forget"])))
    return Trial(drawn, np.abs(solved.pretrained - solved.oracle) - bound)


def lemma_7(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the distance of the descent-ascent minimum, for alpha >= F/R, with its bound."""
    drawn = draws.one_coordinate(rng, cases)
    high = drawn["forget"] / drawn["retain"]
    drawn["alpha"] = np.where(draws.some(rng, cases, 0.1), high, drawn["alpha"])
    solved = one_dimensional(**drawn)
    applies = drawn["alpha"] >= high
    excess = solved.oracle - np.abs(solved.oracle - solved.ascent)
    return Trial(drawn, np.where(applies, excess, np.nan))


def proof_of_lemma_7(rng: np.random.Generator, cases: int) -> Trial:
    """Look for a finite minimum where the proof has none."""
    drawn = draws.one_coordinate(rng, cases)
    solved = one_dimensional(**drawn)
    applies = drawn["alpha"] > drawn["forget"] / drawn["retain"]
    excess = np.where(np.isfinite(solved.ascent), 1.0, 0.0)
    limit = alpha_limit(drawn["retain"], drawn["forget"], drawn["retain_j"], drawn["ridge"])
    return Trial(drawn, np.where(applies, excess, np.nan), drawn["alpha"] > limit)


def corollary(rng: np.random.Generator, cases: int) -> Trial:
    """Let the ridge fall decade by decade while alpha approaches F/R: both distances, two limits.

    The distance to the pretrained weight must stay below the remaining |ln|, and each decade must
    add at least 1 to the distance to descent-ascent at alpha = F/R, which then passes any bound.
    """
    drawn = draws.one_coordinate(rng, max(1, cases // DECADES))
    decade = np.arange(10, 10 + DECADES)[:, None]
    gap = 10.0 ** -np.minimum(decade - 10 + 1, 14)
    high = drawn["forget"] / drawn["retain"]
    ridge = 10.0**-decade
    near = one_dimensional(
        drawn["retain"], drawn["forget"], drawn["retain_j"], high * (1 - gap), ridge
    )
    at = one_dimensional(drawn["retain"], drawn["forget"], drawn["retain_j"], high, ridge)
    distance = at.oracle - at.ascent
    growth = np.diff(distance, axis=0, prepend=np.nan)
    excess = np.maximum(np.abs(near.pretrained - near.oracle) - 2 * gap, 1 - growth)
    shape = excess.shape
    parameters = {name: drawn[name] for name in ("retain", "forget", "retain_j")} | {"ridge": ridge}
    flat = {name: np.broadcast_to(value, shape).ravel() for name, value in parameters.items()}
    return Trial(flat, excess.ravel())


VANISH = (
    "As the ridge goes to 0 and alpha to F/R, the distance from the oracle to the pretrained "
    "weight vanishes, and that to descent-ascent grows without bound."
)
STATEMENTS = (
    Statement(
        "Lemma 6",
        "Section C.1.1, App. I",
        "|w_D - w_R| <= |ln((1 + alpha) R / D)|.",
        lemma_6,
        remark="Tight only as the ridge goes to 0.",
    ),
    Statement(
        "Lemma 7",
        "Section C.1.1, App. J",
        "For alpha >= F/R, |w_R - w_DA| >= W0(R_j / (lambda R)).",
        lemma_7,
        remark="Equality only at alpha = F/R.",
    ),
    Statement(
        "Lemma 7, proof",
        "App. J",
        "For alpha > F/R, w_DA goes to minus infinity.",
        proof_of_lemma_7,
        "alpha > F/R + lambda F / (e R_j)",
        "Up to there a finite minimum exists.",
    ),
    Statement("Corollary 1", "Section 4.2", VANISH, corollary, "", "Logarithmic in 1/lambda."),
    Statement("Corollary 2", "Section C.1.1", VANISH, corollary, "", "Logarithmic in 1/lambda."),
)
