"""Appendix F.3: iterative against simultaneous descent-ascent."""

import numpy as np

from unlearning.theory.arguments import Array
from unlearning.theory.iteration import iterate, iterative_fixed_point
from unlearning.theory.single_coordinate import one_dimensional
from unlearning.theory.statements import draws
from unlearning.theory.statements.statement import Statement, Trial

#: Steps, relative to curvature over squared rates, small enough for the leading order to show.
SMALL = 1e-4
ROUNDS = 3000


def _rates(drawn: dict[str, Array]) -> tuple[Array, Array]:
    retained = drawn["retain_j"] / drawn["retain"]
    return retained, drawn["alpha"] * drawn["retain_j"] / drawn["forget"]


def _errors(drawn: dict[str, Array]) -> tuple[Array, Array]:
    """Distance of the fixed point from the minimum at twice the ridge, at a step and at half of it.

    NaN where there is no such minimum or it is about to vanish.
    """
    ascent = one_dimensional(**(drawn | {"ridge": 2 * drawn["ridge"]})).ascent
    ascent = np.where(ascent > -0.8, ascent, np.nan)
    curvature = 2 * drawn["ridge"] * (1 + ascent)
    step = SMALL * curvature / (sum(_rates(drawn)) + drawn["ridge"]) ** 2
    step = np.where(np.isnan(step), 1.0, step)
    first, second = (
        np.abs(iterative_fixed_point(**drawn, step=size) - ascent) for size in (step, step / 2)
    )
    return first, second


def twice_the_ridge(rng: np.random.Generator, cases: int) -> Trial:
    """Halve a small step: the distance to the minimum at twice the ridge must halve with it."""
    drawn = draws.one_coordinate(rng, cases)
    first, second = _errors(drawn)
    seen = second > 1e-9
    change = np.abs(np.divide(first, second, out=np.full(cases, 2.0), where=seen) - 2) - 0.05
    return Trial(drawn, np.where(np.isnan(first), np.nan, np.maximum(change, first - 0.05)))


def second_order(rng: np.random.Generator, cases: int) -> Trial:
    """Halve a small step: an error of second order falls to a quarter."""
    drawn = draws.one_coordinate(rng, cases)
    first, second = _errors(drawn)
    ratio = np.divide(first, second, out=np.full(cases, np.nan), where=second > 1e-9)
    return Trial(drawn, 3.5 - ratio)


def _second_derivative(weight: Array, drawn: dict[str, Array]) -> tuple[Array, Array, Array]:
    """Half the second derivative of one round in the step, measured, and the two predictions.

    The round is a composition, so central differences around a step of 0 are legitimate.
    """
    retained, forgotten = _rates(drawn)
    ridge = drawn["ridge"]
    pull, push = retained * np.exp(-weight) - ridge * weight, forgotten * np.exp(-weight)
    scale = 1e-4 / (np.abs(pull) + push + ridge + 1e-12)
    ahead, back = (iterate(weight, retained, forgotten, ridge, h) for h in (scale, -scale))
    measured = (ahead + back - 2 * weight) / (2 * scale**2)
    return measured, pull * push, pull * (push - ridge)


def _correction(rng: np.random.Generator, cases: int, prediction: int) -> Trial:
    drawn = draws.one_coordinate(rng, cases)
    drawn["weight"] = rng.uniform(-2, 4, cases)
    weight = drawn["weight"]
    terms = _second_derivative(weight, drawn)
    size = np.abs(terms[1]) + np.abs(terms[2]) + np.abs(terms[0])
    noise = 1e-3 * size + 1e-6 * (np.abs(terms[2]) + 1e-6)
    return Trial(drawn, (np.abs(terms[0] - terms[prediction]) - noise) / size)


def printed_correction(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the printed term with the measured second derivative."""
    return _correction(rng, cases, 1)


def full_correction(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the full term with the measured second derivative."""
    return _correction(rng, cases, 2)


def bounded(rng: np.random.Generator, cases: int) -> Trial:
    """Iterate where neither descent-ascent, at the ridge nor at twice it, has a stationary point.

    The descent step has a least value, at w = log(eta r / beta); the ascent step keeps order. So no
    round ends below the image of that value.
    """
    drawn = draws.one_coordinate(rng, cases)
    retained, forgotten = _rates(drawn)
    step = 0.1 / drawn["ridge"] * 10 ** rng.uniform(-2, 0, cases)
    beta = 1 - step * drawn["ridge"]
    least = beta * (np.log(step * retained / beta) + 1)
    with np.errstate(over="ignore"):
        lowest = beta * least - step * forgotten * np.exp(-least)
    doubled = one_dimensional(**(drawn | {"ridge": 2 * drawn["ridge"]}))
    w = one_dimensional(**drawn).pretrained
    # Where the bound itself is astronomically low, float64 cannot follow the path.
    applies = (doubled.case == 3) & (lowest > -500)
    w, reached = np.where(applies, w, 0.0), w
    for _ in range(ROUNDS):
        w = np.where(applies, iterate(w, retained, forgotten, drawn["ridge"], step), 0.0)
        reached = np.minimum(reached, w)
    excess = np.where(np.isfinite(w), lowest - reached, np.inf)
    return Trial(drawn | {"step": step}, np.where(applies, excess, np.nan))


STATEMENTS = (
    Statement(
        "App. F.3, ridge",
        "App. F.3, Section C.1.1",
        "To leading order in the step, iterative descent-ascent ends where the simultaneous one "
        "does at twice the ridge.",
        twice_the_ridge,
        remark="The distance halves with the step: it is of first order.",
    ),
    Statement(
        "App. F.3, order",
        "App. F.3",
        "Up to second order in the step, the two solutions are identical.",
        second_order,
        remark="The update agrees up to second order; its fixed point only up to first.",
    ),
    Statement(
        "App. F.3, correction",
        "Section C.1.1",
        "The omitted term is eta^2 f e^-w (r e^-w - lambda w), r = R_j/R, f = alpha R_j/F.",
        printed_correction,
        remark="A part is missing: the next statement.",
    ),
    Statement(
        "App. F.3, full correction",
        "correction",
        "The term is eta^2 g (f e^-w - lambda), g = r e^-w - lambda w.",
        full_correction,
    ),
    Statement(
        "App. F.3, stability",
        "Section C.1.1",
        "The iteration stays bounded where descent-ascent diverges.",
        bounded,
        remark="For steps below 1/lambda: the descent step has a least value.",
    ),
)
