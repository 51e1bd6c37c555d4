"""Lemmas 1 and 12 against exact probabilities."""

import numpy as np
from scipy.stats import binom, hypergeom

from unlearning.theory.arguments import Array
from unlearning.theory.random_sets import hoeffding_bound, two_sample_bound
from unlearning.theory.statements import draws
from unlearning.theory.statements.statement import Statement, Trial

#: Keeps differences of fractions that are equal but for rounding on the side of "at least".
TIE = 1e-9
LARGEST_SAMPLE = 60
VARIABLES = 10


def _binomial_tail(n: Array, accuracy: Array, epsilon: Array) -> Array:
    """Probability that n independent answers are right epsilon more or less often than expected."""
    below = binom.cdf(np.floor(n * (accuracy - epsilon) + TIE), n, accuracy)
    above = binom.sf(np.ceil(n * (accuracy + epsilon) - TIE) - 1, n, accuracy)
    return below + above


def _two_sample_tail(n: Array, m: Array, accuracy: Array, epsilon: Array) -> Array:
    """Probability that the accuracies on n and on m points are at least epsilon apart."""
    counts = np.arange(LARGEST_SAMPLE + 1)
    tails = np.empty(len(n))
    for block in np.array_split(np.arange(len(n)), max(1, len(n) // 500)):
        first, second, chance = n[block, None], m[block, None], accuracy[block, None]
        apart = np.abs((counts / first)[:, :, None] - (counts / second)[:, None, :])
        joint = binom.pmf(counts, first, chance)[:, :, None]
        joint = joint * binom.pmf(counts, second, chance)[:, None, :]
        tails[block] = np.where(apart >= epsilon[block, None, None] - TIE, joint, 0).sum((1, 2))
    return tails


def _samples(rng: np.random.Generator, cases: int) -> dict[str, Array]:
    return {
        "n": draws.sizes(rng, cases, LARGEST_SAMPLE),
        "m": draws.sizes(rng, cases, LARGEST_SAMPLE),
        "accuracy": rng.uniform(0, 1, cases),
        "epsilon": rng.uniform(0, 1, cases),
    }


def lemma_1(rng: np.random.Generator, cases: int) -> Trial:
    """Try an oracle, a model that has memorised the forget set, and an estimated Acc_T."""
    drawn = _samples(rng, cases)
    n, m, accuracy, epsilon = drawn.values()
    cases_of = np.array(["independent", "memorises F", "Acc_T estimated"])
    model = cases_of[rng.integers(len(cases_of), size=cases)]
    chance = np.select(
        [model == "independent", model == "memorises F"],
        [_binomial_tail(n, accuracy, epsilon), (1 - accuracy >= epsilon).astype(float)],
        _two_sample_tail(n, m, accuracy, epsilon),
    )
    parameters = {"case": model, **drawn}
    return Trial(parameters, chance - hoeffding_bound(n, epsilon), model == "independent")


def lemma_1_finite(rng: np.random.Generator, cases: int) -> Trial:
    """Try forget sets drawn without replacement from the points that define Acc_T."""
    points = draws.sizes(rng, cases, 2000) + 1
    right = np.floor(rng.uniform(0, 1, cases) * (points + 1))
    n = draws.sizes(rng, cases, points)
    epsilon = rng.uniform(0, 1, cases)
    expected = right / points
    below = hypergeom.cdf(np.floor(n * (expected - epsilon) + TIE), points, right, n)
    above = hypergeom.sf(np.ceil(n * (expected + epsilon) - TIE) - 1, points, right, n)
    parameters = {"points": points, "right": right, "n": n, "epsilon": epsilon}
    return Trial(parameters, below + above - hoeffding_bound(n, epsilon))


def lemma_1_two_samples(rng: np.random.Generator, cases: int) -> Trial:
    """Try an independent model whose Acc_T is measured on m points."""
    drawn = _samples(rng, cases)
    chance = _two_sample_tail(*drawn.values())
    return Trial(drawn, chance - two_sample_bound(drawn["n"], drawn["m"], drawn["epsilon"]))


def lemma_12(rng: np.random.Generator, cases: int) -> Trial:
    """Enumerate the sums of independent variables of two values each."""
    width = rng.exponential(size=(cases, VARIABLES)) * draws.some(rng, cases, 0.5)[:, None] + 0.1
    chance = rng.uniform(0, 1, (cases, VARIABLES))
    outcomes = (np.arange(2**VARIABLES)[:, None] >> np.arange(VARIABLES)) & 1
    centred = width @ outcomes.T - (width * chance).sum(1, keepdims=True)
    joint = np.exp(np.log(chance) @ outcomes.T + np.log1p(-chance) @ (1 - outcomes).T)
    t = rng.uniform(0, 1, cases) * width.mean(axis=1)
    tail = np.where(np.abs(centred) >= VARIABLES * t[:, None] - TIE, joint, 0).sum(axis=1)
    bound = 2 * np.exp(-2 * (VARIABLES * t) ** 2 / (width**2).sum(axis=1))
    parameters = {"t": t, "smallest range": width.min(1), "largest range": width.max(1)}
    return Trial(parameters, tail - bound)


STATEMENTS = (
    Statement(
        "Lemma 1",
        "Section 3, App. E",
        "For a random forget set and a model, P(|Acc_T - Acc_F| >= epsilon) "
        "<= 2 exp(-2 |F| epsilon^2).",
        lemma_1,
        "the model does not depend on F (an oracle) and Acc_T is the accuracy on the population",
        "Violated by the pretrained model, which saw F, and when Acc_T is measured on m points.",
    ),
    Statement(
        "Lemma 1, finite population",
        "Section 3, App. E",
        "The same bound, with F drawn without replacement from the points that define Acc_T.",
        lemma_1_finite,
    ),
    Statement(
        "Lemma 1, two samples",
        "correction",
        "With Acc_T measured on m points, P(|Acc_T - Acc_F| >= epsilon) "
        "<= 2 exp(-2 epsilon^2 n m / (n + m)) for an independent model.",
        lemma_1_two_samples,
        remark="The form to use with a test set; Lemma 12 on the n + m answers.",
    ),
    Statement(
        "Lemma 12",
        "App. E",
        "Hoeffding: P(|S_n - E S_n| >= n t) <= 2 exp(-2 n^2 t^2 / sum (b_i - a_i)^2).",
        lemma_12,
    ),
)
