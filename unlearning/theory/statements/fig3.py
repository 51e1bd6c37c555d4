"""What the paper says of Fig. 3: how wide the guaranteed range of alpha is, and where."""

import numpy as np

from unlearning.theory.arguments import Array
from unlearning.theory.correlation import alpha_bounds, detrimental_range
from unlearning.theory.statements import draws
from unlearning.theory.statements.statement import Statement, Trial
from unlearning.theory.two_coordinates import ascent_limit, problem

DATA = 100.0
CORRELATIONS = np.linspace(0, 1, 401)
#: A range is called large when, on average over the correlations, it is this share of F/R.
LARGE = 0.1


def _width(forget: Array, ridge: Array, epsilon: Array) -> Array:
    """Return how wide the guaranteed range is for D = 100, R_ij = 1; the lemmas need alpha <= 1."""
    bounds = alpha_bounds(DATA - forget, forget, 1.0, epsilon, ridge)
    return np.maximum(0, np.minimum(bounds.high, 1) - bounds.low)


def _average(forget: Array, ridge: Array) -> Array:
    return _width(forget[:, None], ridge[:, None], CORRELATIONS).mean(axis=1)


def _draw(rng: np.random.Generator, cases: int) -> dict[str, Array]:
    return {"forget": np.floor(rng.uniform(1, 91, cases)), "ridge": 10 ** rng.uniform(-3, 2, cases)}


def large(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the average width with a tenth of F/R."""
    drawn = _draw(rng, cases)
    forget, ridge = drawn.values()
    share = _average(forget, ridge) / (forget / (DATA - forget))
    return Trial(drawn, LARGE - share, (forget >= 30) & (forget <= 50) & (ridge >= 1))


def broadens(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the average widths for a smaller and a larger forget set."""
    drawn = _draw(rng, cases)
    smaller, ridge = drawn.values()
    larger = np.minimum(smaller + draws.sizes(rng, cases, 40), 90)
    excess = _average(smaller, ridge) - _average(larger, ridge)
    return Trial({"larger forget": larger, **drawn}, excess, larger <= DATA / 2)


def wider_when_smaller(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the widths at a smaller and at a larger correlation."""
    drawn = _draw(rng, cases)
    forget, ridge = drawn.values()
    low, high = np.sort(rng.uniform(0, 1, (2, cases)), axis=0)
    excess = _width(forget, ridge, high) - _width(forget, ridge, low)
    return Trial(drawn | {"smaller epsilon": low, "larger epsilon": high}, excess)


def inside_exact(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the guaranteed range with the one found by solving the systems."""
    # Nine cases of ten have no guaranteed range.
    drawn = draws.two_coordinates(rng, 4 * cases)
    del drawn["alpha"]
    keys = ("retain", "forget", "retain_ij", "epsilon", "ridge")
    arguments = [drawn[key] for key in keys]
    bounds = alpha_bounds(*arguments)
    high = np.minimum(bounds.high, 1)
    applies = bounds.low <= high
    drawn = {name: value[applies] for name, value in drawn.items()}
    low, high = bounds.low[applies], high[applies]
    exact = detrimental_range(*(drawn[key] for key in keys))
    excess = np.maximum(exact[0] - low, high - exact[1]) / high
    excess = np.where(np.isnan(excess), np.inf, excess)
    return Trial(drawn, excess, high <= ascent_limit(problem(alpha=0.0, **drawn)))


STATEMENTS = (
    Statement(
        "Fig. 3, large",
        "Section C.1.2",
        "The range of alpha is typically large: at least a tenth of F/R, averaged over e.",
        large,
        "0.3 <= |F|/|D| <= 0.5 and lambda |D| >= 100 |R_ij|",
        "|D| = 100, |R_ij| = 1. What counts as large is our definition.",
    ),
    Statement(
        "Fig. 3, broadens",
        "Section C.1.2",
        "The range of alpha, averaged over e, broadens with the fraction to be forgotten.",
        broadens,
        "|F| <= |D| / 2",
        "Beyond, the guarantee leaves alpha <= 1, which the lemmas need.",
    ),
    Statement(
        "Fig. 3, correlation",
        "Section C.1.2",
        "The window is wider for smaller correlation.",
        wider_when_smaller,
        remark="At small correlation the range vanishes.",
    ),
    Statement(
        "Fig. 3, inside the exact range",
        "Fig. 3",
        "For every alpha of the guaranteed range, oracle >= pretrained >= descent-ascent "
        "in x and in y.",
        inside_exact,
        "descent-ascent has a stationary point up to the range's end",
        "Where it has none, the guarantee says nothing: descent diverges.",
    ),
)
