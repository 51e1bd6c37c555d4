"""Appendix L, Eqs. (7) to (14): one retained and one forgotten sample, nearly parallel.

With delta = 1 - e, every limit e -> 1 is tried as a rate: the relative error of what is printed
must fall at least as fast as delta.
"""

import numpy as np

from unlearning.theory.arguments import Array
from unlearning.theory.roots import lambert
from unlearning.theory.statements import draws
from unlearning.theory.statements.statement import Statement, Trial
from unlearning.theory.two_coordinates import Point, TwoDimensional, two_dimensional


def _draw(rng: np.random.Generator, cases: int, *, same_size: bool) -> dict[str, Array]:
    retain = draws.sizes(rng, cases) + 1
    forget = retain if same_size else draws.sizes(rng, cases)
    ridge = 10 ** rng.uniform(-2, 1, cases)
    # In the limit means: delta small beside 1 and beside lambda R.
    delta = np.minimum(1, ridge * retain) * 10 ** rng.uniform(-3, -1, cases)
    return {"retain": retain, "forget": forget, "epsilon": 1 - delta, "ridge": ridge}


def _solve(drawn: dict[str, Array]) -> TwoDimensional:
    return two_dimensional(drawn["retain"], drawn["forget"], 1, 1, drawn["epsilon"], drawn["ridge"])


def _weights(point: Point, e: Array) -> tuple[Array, Array]:
    x, y = point
    return (x - e * y) / (1 - e**2), (y - e * x) / (1 - e**2)


def _residual(weights: tuple[Array, Array], sides: tuple[Array, Array]) -> Array:
    """Largest difference between two sides of a pair of equations, relative to the weights."""
    scale = np.abs(weights).max(axis=0)
    return np.abs(np.subtract(weights, sides)).max(axis=0) / scale - 1e-6


def _pair(drawn: dict[str, Array], weights: tuple[Array, Array], sign: float) -> tuple:
    """Return the right sides of Eqs. (7), (9), (10) for sign 1, 0, -1, times the ridge and size."""
    e, (first, second) = drawn["epsilon"], weights
    retained = np.exp(-(first + e * second))
    forgotten = sign * np.exp(-(e * first + second))
    return retained + e * forgotten, e * retained + forgotten


def _stationary(drawn: dict[str, Array], point: Point, size: Array, sign: float) -> Array:
    weights = _weights(point, drawn["epsilon"])
    sides = _pair(drawn, weights, sign)
    return _residual(weights, tuple(side / (drawn["ridge"] * size) for side in sides))


def equation_7(rng: np.random.Generator, cases: int) -> Trial:
    """Put the pretrained solution into Eq. (7)."""
    drawn = _draw(rng, cases, same_size=False)
    data = drawn["retain"] + drawn["forget"]
    return Trial(drawn, _stationary(drawn, _solve(drawn).pretrained, data, 1))


def _exact_8(drawn: dict[str, Array]) -> Array:
    data, e = drawn["retain"] + drawn["forget"], drawn["epsilon"]
    return lambert((1 + e) ** 2 / (drawn["ridge"] * data)) / (1 + e)


def equation_8(rng: np.random.Generator, cases: int) -> Trial:
    """Compare Eq. (8) with the pretrained solution as e goes to 1."""
    drawn = _draw(rng, cases, same_size=False)
    delta, data = 1 - drawn["epsilon"], drawn["retain"] + drawn["forget"]
    printed = lambert(2 * (1 + drawn["epsilon"]) / (drawn["ridge"] * data)) / 2
    exact = _weights(_solve(drawn).pretrained, drawn["epsilon"])[0]
    return Trial(drawn, np.abs(printed / exact - 1) - delta)


def equation_8_exact(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the exact form with the pretrained solution for correlations anywhere below 1."""
    drawn = _draw(rng, cases, same_size=False)
    drawn["epsilon"] = rng.uniform(0, 0.99, cases)
    weights = _weights(_solve(drawn).pretrained, drawn["epsilon"])
    return Trial(drawn, _residual(weights, (_exact_8(drawn), _exact_8(drawn))))


def equation_9(rng: np.random.Generator, cases: int) -> Trial:
    """Put the oracle into Eq. (9)."""
    drawn = _draw(rng, cases, same_size=False)
    return Trial(drawn, _stationary(drawn, _solve(drawn).oracle, drawn["retain"], 0))


def equation_10(rng: np.random.Generator, cases: int) -> Trial:
    """Put the descent-ascent minimum of Eq. (1) into Eq. (10)."""
    drawn = _draw(rng, cases, same_size=False)
    same = draws.some(rng, cases, 0.5)
    drawn["forget"] = np.where(same, drawn["retain"], drawn["forget"])
    excess = _stationary(drawn, _solve(drawn).ascent, drawn["retain"], -1)
    return Trial(drawn, excess, drawn["forget"] == drawn["retain"])


def equation_11(rng: np.random.Generator, cases: int) -> Trial:
    """Compare Eq. (11) with the oracle."""
    drawn = _draw(rng, cases, same_size=False)
    drawn["epsilon"] = rng.uniform(0, 0.99, cases)
    e = drawn["epsilon"]
    first = lambert((1 + e**2) / (drawn["retain"] * drawn["ridge"])) / (1 + e**2)
    return Trial(drawn, _residual(_weights(_solve(drawn).oracle, e), (first, e * first)))


def equation_12(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the right sides of Eqs. (10) and (12) at the descent-ascent minimum."""
    drawn = _draw(rng, cases, same_size=True)
    first, second = _weights(_solve(drawn).ascent, drawn["epsilon"])
    exact = _pair(drawn, (first, second), -1)
    factor = np.exp(-first - second) * (drawn["epsilon"] - 1)
    printed = (factor * (first - second - 1), factor * (first - second + 1))
    relative = np.abs(np.subtract(exact, printed)).max(axis=0) / np.abs(exact).max(axis=0)
    return Trial(drawn, relative - (1 - drawn["epsilon"]))


def _printed_13(drawn: dict[str, Array]) -> tuple[Array, Array]:
    """Return W and the modulus of sqrt(2 W) of Eq. (13); NaN where they are not real."""
    strength = drawn["retain"] * drawn["ridge"]
    total = lambert(-8 * (drawn["epsilon"] - 1) ** 2 / strength**2)
    return total, np.sqrt(-2 * total)


def equation_13_real(rng: np.random.Generator, cases: int) -> Trial:
    """Ask whether Eq. (13) is real, for correlations anywhere."""
    drawn = _draw(rng, cases, same_size=True)
    drawn["epsilon"] = rng.uniform(0, 1, cases)
    limit = drawn["ridge"] * drawn["retain"] / np.sqrt(8 * np.e)
    excess = np.where(np.isnan(_printed_13(drawn)[0]), np.inf, 0.0)
    return Trial(drawn, excess, 1 - drawn["epsilon"] <= limit * (1 - 1e-12))


def equation_13(rng: np.random.Generator, cases: int) -> Trial:
    """Compare Eq. (13) with the descent-ascent minimum as e goes to 1."""
    drawn = _draw(rng, cases, same_size=True)
    total, root = _printed_13(drawn)
    weights = _weights(_solve(drawn).ascent, drawn["epsilon"])
    printed = (total + root) / 4, (total - root) / 4
    relative = np.abs(np.subtract(weights, printed)).max(axis=0) / np.abs(weights).max(axis=0)
    delta = (1 - drawn["epsilon"]) / np.minimum(1, drawn["ridge"] * drawn["retain"])
    return Trial(drawn, relative - delta)


def equation_14(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the sum of the weights' differences with Eq. (14) as e goes to 1."""
    drawn = _draw(rng, cases, same_size=True)
    solved, e = _solve(drawn), drawn["epsilon"]
    sums = [sum(_weights(point, e)) for point in (solved.ascent, solved.oracle)]
    printed = -lambert(2 / (drawn["retain"] * drawn["ridge"]))
    delta = (1 - e) / np.minimum(1, drawn["ridge"] * drawn["retain"])
    return Trial(drawn, np.abs(sums[0] - sums[1] - printed) / np.maximum(1, -printed) - 2 * delta)


LIMIT = "A limit: the relative error falls at least as fast as 1 - e."
STATEMENTS = (
    Statement("Eq. (7)", "App. L", "Conditions on the pretrained weights.", equation_7),
    Statement(
        "Eq. (8)",
        "App. L",
        "As e goes to 1, w_1 = w_2 = W(2 (1 + e) / (lambda D)) / 2.",
        equation_8,
        remark=LIMIT,
    ),
    Statement(
        "Eq. (8), exact",
        "correction",
        "For every e, w_1 = w_2 = W((1 + e)^2 / (lambda D)) / (1 + e).",
        equation_8_exact,
    ),
    Statement("Eq. (9)", "App. L", "Conditions on the oracle's weights.", equation_9),
    Statement(
        "Eq. (10)",
        "App. L",
        "Conditions on the descent-ascent weights, 1/|R| before both terms.",
        equation_10,
        "|F| = |R|",
        "In Eq. (1) the forget set's term has 1/|F|.",
    ),
    Statement(
        "Eq. (11)",
        "App. L",
        "The oracle: w_1 = W((1 + e^2) / (R lambda)) / (1 + e^2), w_2 = e w_1.",
        equation_11,
    ),
    Statement(
        "Eq. (12)",
        "App. L",
        "Eq. (10) as e goes to 1.",
        equation_12,
        remark=LIMIT,
    ),
    Statement(
        "Eq. (13), real",
        "App. L",
        "The solution of Eq. (12) is real.",
        equation_13_real,
        "1 - e <= lambda R / sqrt(8 exp(1))",
    ),
    Statement(
        "Eq. (13)",
        "App. L",
        "As e goes to 1, the weights of descent-ascent are (W -+ i sqrt(2 W)) / 4, "
        "W = W(-8 (e - 1)^2 / (R lambda)^2).",
        equation_13,
        remark=LIMIT,
    ),
    Statement(
        "Eq. (14)",
        "App. L",
        "The sum of the weights' differences from the oracle is -W(2 / (R lambda)).",
        equation_14,
        remark=f"{LIMIT} The second equality of the equation holds only there.",
    ),
)
