"""Lemmas 2 and 5: one coordinate of a semi-orthogonal data set."""

import numpy as np

from unlearning.theory.arguments import Array
from unlearning.theory.roots import lambert
from unlearning.theory.single_coordinate import alpha_range, one_dimensional
from unlearning.theory.statements import draws
from unlearning.theory.statements.statement import Statement, Trial

COORDINATES = 4
STEPS = 400


def _strengths(drawn: dict[str, Array]) -> tuple[Array, Array, Array]:
    """Return what multiplies e^-w in the conditions on the pretrained, oracle and DA weights."""
    retain, forget, retain_j, alpha, ridge = drawn.values()
    oracle = retain_j / (ridge * retain)
    pretrained = (1 + alpha) * retain_j / (ridge * (retain + forget))
    return pretrained, oracle, (forget / retain - alpha) * retain_j / (ridge * forget)


def _residual(w: Array, strength: Array) -> Array:
    return np.abs(w - strength * np.exp(-w)) / np.maximum(1, np.abs(w))


def lemma_5(rng: np.random.Generator, cases: int) -> Trial:
    """Put the closed forms into the conditions of stationarity."""
    drawn = draws.one_coordinate(rng, cases)
    solved, strengths = one_dimensional(**drawn), _strengths(drawn)
    points = (*solved[:3], solved.ascent_maximum)
    left = [
        _residual(w, strength)
        for w, strength in zip(points, (*strengths, strengths[2]), strict=True)
    ]
    return Trial(drawn, np.nanmax(left, axis=0))


def printed_loss(rng: np.random.Generator, cases: int) -> Trial:
    """Put the closed forms into the conditions of the loss e^(y h)."""
    drawn = draws.one_coordinate(rng, cases)
    _, strength, _ = _strengths(drawn)
    w = one_dimensional(**drawn).oracle
    return Trial(drawn, np.abs(w + strength * np.exp(w)))


def lambert_sign(rng: np.random.Generator, cases: int) -> Trial:
    """Put x = W(-a) into x = a e^-x."""
    a = 10 ** rng.uniform(-3, 3, cases)
    x = lambert(-a)
    return Trial({"a": a}, np.where(np.isnan(x), np.inf, np.abs(x - a * np.exp(-x))))


def order_of_branches(rng: np.random.Generator, cases: int) -> Trial:
    """Take the curvature at W0, said to be a maximum, and at W-1, said to be a minimum."""
    drawn = draws.one_coordinate(rng, cases)
    solved, (_, _, strength) = one_dimensional(**drawn), _strengths(drawn)
    curvature = 1 + strength * np.exp(-solved.ascent)
    return Trial(drawn, np.where(np.isfinite(solved.ascent_maximum), curvature, np.nan))


def number_of_points(rng: np.random.Generator, cases: int) -> Trial:
    """Count the sign changes of the slope along the axis: 1, 2, 0 in the three cases."""
    drawn = draws.one_coordinate(rng, cases)
    _, _, strength = _strengths(drawn)
    axis = np.sort(np.append(np.linspace(-700, 30, 1000), -1.0))[:, None]
    sign = np.sign(axis - strength * np.exp(-axis))
    count = (sign[1:] * sign[:-1] < 0).sum(axis=0) + (sign == 0).sum(axis=0)
    expected = np.array([1, 2, 0])[one_dimensional(**drawn).case - 1]
    return Trial(drawn, np.abs(count - expected).astype(float))


def _product(drawn: dict[str, Array]) -> Array:
    solved = one_dimensional(**drawn)
    return (solved.ascent - solved.pretrained) * (solved.pretrained - solved.oracle)


def lemma_2(rng: np.random.Generator, cases: int) -> Trial:
    """Try every alpha up to F/R."""
    drawn = draws.one_coordinate(rng, cases)
    low, high = alpha_range(drawn["retain"], drawn["forget"])
    excess = np.where(drawn["alpha"] <= high, -_product(drawn), np.nan)
    return Trial(drawn, excess, drawn["alpha"] >= low)


def lemma_2_everywhere(rng: np.random.Generator, cases: int) -> Trial:
    """Try every alpha for which descent-ascent has a minimum."""
    drawn = draws.one_coordinate(rng, cases)
    low, high = alpha_range(drawn["retain"], drawn["forget"])
    return Trial(drawn, -_product(drawn), (drawn["alpha"] >= low) & (drawn["alpha"] <= high))


def one_dimensional_data(rng: np.random.Generator, cases: int) -> Trial:
    """Try data sets with a single coordinate: R_j = R, F_j = F."""
    drawn = draws.one_coordinate(rng, cases)
    drawn["retain_j"], drawn["alpha"] = drawn["retain"], drawn["forget"] / drawn["retain"]
    return Trial(drawn, -_product(drawn))


def all_coordinates(rng: np.random.Generator, cases: int) -> Trial:
    """Try data sets of four coordinates, half of them with the same alpha in each."""
    share = rng.dirichlet(np.ones(COORDINATES), cases)
    retained = 1 + np.floor(200 * share)
    equal = draws.some(rng, cases, 0.5)
    other = 1 + np.floor(200 * rng.dirichlet(np.ones(COORDINATES), cases))
    forgotten = np.where(equal[:, None], retained * draws.sizes(rng, cases, 5)[:, None], other)
    retain, forget = retained.sum(axis=1), forgotten.sum(axis=1)
    low, high = alpha_range(retain, forget)
    alpha = forgotten / retained
    outside = np.maximum(alpha - high[:, None], low[:, None] - alpha).max(axis=1)
    parameters = {"retain": retain, "forget": forget}
    parameters |= {f"R_{j + 1}": retained[:, j] for j in range(COORDINATES)}
    parameters |= {f"F_{j + 1}": forgotten[:, j] for j in range(COORDINATES)}
    return Trial(parameters, outside, np.ptp(alpha, axis=1) < 1e-12)


def farthest(rng: np.random.Generator, cases: int) -> Trial:
    """Compare the distances of descent-ascent and of the pretrained weight from the oracle."""
    drawn = draws.one_coordinate(rng, cases)
    solved = one_dimensional(**drawn)
    excess = np.abs(solved.pretrained - solved.oracle) - np.abs(solved.ascent - solved.oracle)
    return Trial(drawn, excess, drawn["alpha"] >= alpha_range(drawn["retain"], drawn["forget"])[0])


def early_stopping(rng: np.random.Generator, cases: int) -> Trial:
    """Follow the descent from the pretrained weight, within the range of Lemma 2."""
    drawn = draws.one_coordinate(rng, cases)
    low, high = alpha_range(drawn["retain"], drawn["forget"])
    drawn["alpha"] = draws.within(rng, low, high)
    solved, (_, _, strength) = one_dimensional(**drawn), _strengths(drawn)
    w, nearest = solved.pretrained, np.full(cases, np.inf)
    for _ in range(STEPS):
        w = w - 0.1 / (1 + strength * np.exp(-w)) * (w - strength * np.exp(-w))
        nearest = np.minimum(nearest, np.abs(w - solved.oracle))
    return Trial(drawn, np.abs(solved.pretrained - solved.oracle) - nearest)


IN_RANGE = "F^2 / (R (F + D)) <= alpha <= F/R"
STATEMENTS = (
    Statement(
        "Section 4.1, loss",
        "Section 4.1",
        "The loss whose minima Lemma 5 gives is e^(y h).",
        printed_loss,
        remark="Eq. (1) has e^(-y h), of which Lemma 5 is true; the exponent's sign is a slip.",
    ),
    Statement(
        "Lemma 2",
        "Sections 4.2 and C.1.1, App. H",
        "(w_DA - w_D)(w_D - w_R) >= 0 for every alpha <= F/R.",
        lemma_2,
        IN_RANGE,
        "Exact: below the range descent-ascent moves towards the oracle.",
    ),
    Statement(
        "Lemma 2, any alpha",
        "Section C.1.1",
        "(w_DA - w_D)(w_D - w_R) >= 0 wherever descent-ascent has a minimum.",
        lemma_2_everywhere,
        IN_RANGE,
        "Above the range the product is negative, yet descent-ascent overshoots: see the sentence "
        "on the farthest solution.",
    ),
    Statement(
        "Lemma 2, one dimension",
        "Sections 4.2 and C.1.1",
        "In one dimension the condition of Lemma 2 always holds.",
        one_dimensional_data,
        remark="Only as 0 >= 0: there alpha = F/R, the pretrained weight is the oracle's, and the "
        "product vanishes.",
    ),
    Statement(
        "Lemma 2, all coordinates",
        "Section C.1.1",
        "Lemma 2 holds in every coordinate of a data set at once.",
        all_coordinates,
        "alpha_j is the same in every coordinate",
        "The mean of alpha_j weighted by R_j is F/R: if they differ, one is above the range.",
    ),
    Statement(
        "Section C.1.1, farthest",
        "Section C.1.1",
        "The descent-ascent solution is always farther from the oracle than the pretrained one.",
        farthest,
        "alpha >= F^2 / (R (F + D))",
    ),
    Statement(
        "Early stopping, one coordinate",
        "Section 1",
        "For these sizes of the forget set, descent-ascent harms under any early stopping.",
        early_stopping,
        remark="Within the range of Lemma 2; the path never comes closer to the oracle.",
    ),
    Statement(
        "Lemma 5",
        "Section C.1.1, App. G",
        "The stationary points are w_D = W((1 + alpha) R_j / (lambda D)), "
        "w_R = W(R_j / (lambda R)), w_DA = W((1 - alpha R/F) R_j / (lambda R)).",
        lemma_5,
    ),
    Statement(
        "App. G.1",
        "App. G.1",
        "The solution of x - a e^-x = 0 is x = W(-a).",
        lambert_sign,
        remark="It is x = W(a), which is what the lemma uses.",
    ),
    Statement(
        "App. H, three cases",
        "App. H",
        "Descent-ascent has one stationary point for alpha <= F/R, two up to "
        "F/R + lambda F / (e R_j), none beyond.",
        number_of_points,
    ),
    Statement(
        "App. H, order of branches",
        "App. H",
        "Of the two stationary points, the principal branch is a maximum, the secondary a minimum.",
        order_of_branches,
        remark="The other way round: W0 is the local minimum, W-1 the local maximum.",
    ),
)
