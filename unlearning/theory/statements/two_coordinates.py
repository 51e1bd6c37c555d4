"""Lemmas 3, 4, 8 to 11, 13: two correlated samples."""

import numpy as np

from unlearning.theory.arguments import Array
from unlearning.theory.correlation import alpha_bounds, bounds_two_dimensional
from unlearning.theory.statements import draws
from unlearning.theory.statements.statement import Statement, Trial
from unlearning.theory.two_coordinates import (
    Point,
    TwoDimensional,
    problem,
    saddle_point,
    two_dimensional,
)

STEPS = 2000
KEYS = ("retain", "forget", "retain_ij", "epsilon", "ridge")


def _largest(*differences: Array) -> Array:
    """Largest of several excesses; a NaN, where a point does not exist, does not count."""
    stacked = np.array(np.broadcast_arrays(*differences))
    worst = np.max(np.where(np.isnan(stacked), -np.inf, stacked), axis=0)
    return np.where(np.isnan(stacked).all(axis=0), np.nan, worst)


def _ordered(drawn: dict[str, Array], solved: TwoDimensional) -> Array:
    """By how much the pretrained coordinates exceed the oracle's."""
    return _largest(*(np.subtract(solved.pretrained, solved.oracle)))


def lemma_8(rng: np.random.Generator, cases: int) -> Trial:
    """Put the closed form into the conditions of stationarity."""
    drawn = draws.two_coordinates(rng, cases)
    given = problem(**drawn)
    x, y = two_dimensional(**drawn).oracle
    pull = given.strength(given.retain) * np.exp(-x)
    return Trial(drawn, _largest(np.abs(x - given.same * pull), np.abs(y - given.cross * pull)))


def lemma_9(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the solved pretrained point with its four bounds."""
    drawn = draws.two_coordinates(rng, cases)
    (x, y), bounds = two_dimensional(**drawn).pretrained, bounds_two_dimensional(**drawn)
    excess = _largest(
        bounds.lemma9_x_low - x,
        x - bounds.lemma9_x_high,
        bounds.lemma9_y_low - y,
        y - bounds.lemma9_y_high,
    )
    return Trial(drawn, excess, drawn["alpha"] <= 1)


def _ascent_points(drawn: dict[str, Array]) -> tuple[Point, Point]:
    return two_dimensional(**drawn).ascent, saddle_point(problem(**drawn))


def lemma_10(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the minimum and the saddle with their bounds; no bound means no point."""
    drawn = draws.two_coordinates(rng, cases)
    bounds = bounds_two_dimensional(**drawn)
    excess = []
    for point in _ascent_points(drawn):
        for coordinate, bound in zip(point, bounds[4:], strict=True):
            missing = np.isfinite(coordinate) & np.isnan(bound)
            excess.append(np.where(missing, np.inf, coordinate - bound))
    return Trial(drawn, _largest(*excess))


def lemma_11(rng: np.random.Generator, cases: int) -> Trial:
    """Compare minimum and saddle with the pretrained point, from the threshold to ten times it."""
    drawn = draws.two_coordinates(rng, cases)
    low = alpha_bounds(*(drawn[key] for key in KEYS)).low
    drawn["alpha"] = np.where(np.isfinite(low), low, 0) * 10 ** rng.uniform(0, 1, cases)
    pretrained = two_dimensional(**drawn).pretrained
    excess = [np.subtract(point, pretrained) for point in _ascent_points(drawn)]
    return Trial(drawn, np.where(np.isfinite(low), _largest(*np.concatenate(excess)), np.nan))


def _below_threshold(rng: np.random.Generator, cases: int, *, printed: bool) -> Trial:
    drawn = draws.two_coordinates(rng, cases)
    single = draws.some(rng, cases, 0.5)
    drawn["retain_ij"] = np.where(single, 1.0, drawn["retain_ij"])
    used = drawn | {"retain_ij": np.ones(cases)} if printed else drawn
    high = alpha_bounds(*(used[key] for key in KEYS)).high
    drawn["alpha"] = np.maximum(0, high) * np.sqrt(rng.uniform(0, 1, cases))
    excess = np.where(high > 0, _ordered(drawn, two_dimensional(**drawn)), np.nan)
    inside = drawn["alpha"] <= 1
    return Trial(drawn, excess, inside & (drawn["retain_ij"] == 1) if printed else inside)


def lemma_4(rng: np.random.Generator, cases: int) -> Trial:
    """Try alpha up to the thresholds as printed, which do not depend on R_ij."""
    return _below_threshold(rng, cases, printed=True)


def lemma_4_corrected(rng: np.random.Generator, cases: int) -> Trial:
    """Try alpha up to the thresholds with R_ij put in."""
    return _below_threshold(rng, cases, printed=False)


def lemma_13(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the pretrained coordinates for alpha up to 1."""
    drawn = draws.two_coordinates(rng, cases)
    x, y = two_dimensional(**drawn).pretrained
    return Trial(drawn, np.where(drawn["alpha"] <= 1, y - x, np.nan))


def proof_of_lemma_13(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the pretrained coordinates for any alpha."""
    drawn = draws.two_coordinates(rng, cases)
    x, y = two_dimensional(**drawn).pretrained
    return Trial(drawn, y - x, drawn["alpha"] <= 1)


def lemma_13_converse(rng: np.random.Generator, cases: int) -> Trial:
    """Look for y <= x beyond alpha = 1, with a correlation short of 1."""
    drawn = draws.two_coordinates(rng, cases)
    drawn["epsilon"] = np.minimum(drawn["epsilon"], 0.99)
    x, y = two_dimensional(**drawn).pretrained
    beyond = drawn["alpha"] > 1
    return Trial(drawn, np.where(beyond, np.where(y > x, 0.0, x - y + 1e-6), np.nan))


def _stopped_early(rng: np.random.Generator, cases: int, *, weights: bool) -> Trial:
    """Follow the descent on the descent-ascent loss from the pretrained point, in the weights."""
    # Nine cases of ten have no guaranteed range.
    drawn = draws.two_coordinates(rng, 10 * cases)
    drawn["epsilon"] = np.minimum(drawn["epsilon"], 0.99)
    bounds = alpha_bounds(*(drawn[key] for key in KEYS))
    drawn["alpha"] = draws.within(rng, bounds.low, np.minimum(bounds.high, 1))
    applies = np.isfinite(drawn["alpha"])
    drawn = {name: value[applies][:cases] for name, value in drawn.items()}
    given, solved = problem(**drawn), two_dimensional(**drawn)
    e = drawn["epsilon"]

    def to_weights(point: Point) -> Array:
        x, y = point
        return np.array([x - e * y, y - e * x]) / (1 - e**2)

    def to_coordinates(w: Array) -> Array:
        return np.array([w[0] + e * w[1], e * w[0] + w[1]])

    retained = given.strength(given.retain)
    forgotten = given.alpha * given.strength(given.forget)
    w, oracle = to_weights(solved.pretrained), to_weights(solved.oracle)

    def distance(w: Array) -> Array:
        if weights:
            return np.linalg.norm(w - oracle, axis=0)[None]
        return np.abs(to_coordinates(w) - np.array(solved.oracle))

    start = distance(w)
    nearest = np.full_like(start, np.inf)
    for _ in range(STEPS):
        x, y = to_coordinates(w)
        p, q = retained * np.exp(-x), forgotten * np.exp(-y)
        slope = w - np.array([p - e * q, e * p - q])
        w = w - 0.05 / (1 + 2 * (p + q)) * slope
        nearest = np.minimum(nearest, distance(w))
    return Trial(drawn, np.max((start - nearest) / np.maximum(start, 1e-12), axis=0) - 1e-6)


def early_stopping(rng: np.random.Generator, cases: int) -> Trial:
    """Measure the distance to the oracle in x, and in y."""
    return _stopped_early(rng, cases, weights=False)


def early_stopping_weights(rng: np.random.Generator, cases: int) -> Trial:
    """Measure the distance to the oracle in the weights."""
    return _stopped_early(rng, cases, weights=True)


def ordering(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the coordinates of descent-ascent, and of the oracle."""
    drawn = draws.two_coordinates(rng, cases)
    points = (two_dimensional(**drawn).oracle, *_ascent_points(drawn))
    return Trial(drawn, _largest(*(point.y - point.x for point in points)))


LEMMA_11 = "For alpha >= max(alpha_x, alpha_y), x_D >= x_DA and y_D >= y_DA."
EXISTS = "At every stationary point; for large alpha descent-ascent has none."
STATEMENTS = (
    Statement("Lemma 3", "Section 4.3", LEMMA_11, lemma_11, remark=f"Lemma 11. {EXISTS}"),
    Statement(
        "Lemma 4",
        "Sections 4.3 and C.1.2, App. K.2, Eqs. (5), (6)",
        "For alpha <= min(alpha_x, alpha_y) as printed, x_R >= x_D and y_R >= y_D.",
        lemma_4,
        "|R_ij| = 1 and alpha <= 1",
        "The printed thresholds leave out |R_ij|.",
    ),
    Statement(
        "Lemma 4, any R_ij",
        "correction",
        "For alpha <= min(alpha_x, alpha_y) with |R_ij| put in, x_R >= x_D and y_R >= y_D.",
        lemma_4_corrected,
        "alpha <= 1",
        "Only the y part needs alpha <= 1.",
    ),
    Statement(
        "Lemma 8",
        "Section C.1.2, App. K.1",
        "x_R = W((1 + e^2) R_ij / (lambda R)), y_R = 2 e / (1 + e^2) x_R.",
        lemma_8,
    ),
    Statement(
        "Lemma 9",
        "Section C.1.2, App. K.1",
        "Four bounds on x_D and y_D.",
        lemma_9,
        "alpha <= 1",
        "The lower bound on x and the upper one on y use y_D <= x_D.",
    ),
    Statement(
        "Lemma 10",
        "Section C.1.2, App. K.1",
        "Upper bounds on x_DA and y_DA.",
        lemma_10,
        remark=f"{EXISTS} Where a bound is not real there is no stationary point.",
    ),
    Statement("Lemma 11", "Section C.1.2, App. K.2", LEMMA_11, lemma_11, remark=EXISTS),
    Statement(
        "Lemma 13",
        "App. K",
        "For alpha <= 1 there is a pretrained solution with y_D <= x_D.",
        lemma_13,
        remark="The solution is unique.",
    ),
    Statement(
        "Lemma 13, proof",
        "App. K",
        "y_D <= x_D for any alpha.",
        proof_of_lemma_13,
        "alpha <= 1",
    ),
    Statement(
        "Lemma 13, converse",
        "correction",
        "For alpha > 1 (and e < 1), y_D > x_D.",
        lemma_13_converse,
    ),
    Statement(
        "App. K, order of coordinates",
        "App. K",
        "y_R <= x_R and y_DA <= x_DA.",
        ordering,
    ),
    Statement(
        "Early stopping, x and y",
        "Section 1",
        "Within the guaranteed range, descent-ascent harms under any early stopping, "
        "in x and in y.",
        early_stopping,
    ),
    Statement(
        "Early stopping, weights",
        "Section 1",
        "Within the guaranteed range, descent-ascent harms under any early stopping, "
        "in the distance of the weights.",
        early_stopping_weights,
        remark="Some paths first come closer to the oracle.",
    ),
)
