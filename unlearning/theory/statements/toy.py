"""Appendix B, Section 5, Fig. 4: the landscape of two parameters, in both readings of the text."""

from collections.abc import Callable
from functools import cache

import numpy as np

from unlearning.theory.statements.statement import Statement, Trial
from unlearning.theory.toy import READINGS, WEIGHTS, ToyLandscape, toy_landscape
from unlearning.theory.toy_escape import OPTIMISERS, escape_fractions
from unlearning.theory.toy_runs import end_of_descent

TANH = "the output is read as tanh((1 + z)/2), with labels -1 and 1"
SMALL_STEP = 0.01
STEP_SIZES = (SMALL_STEP, 0.1, 0.5, 1.0)
RUNS, STEPS = 20, 1000


_landscape = cache(toy_landscape)


def _readings(excess: Callable[[ToyLandscape], float]) -> Callable[..., Trial]:
    """Make a check of what a landscape says, over both readings."""

    def check(rng: np.random.Generator, cases: int) -> Trial:
        values = [excess(_landscape(reading)) for reading in READINGS]
        names = np.array(READINGS)
        return Trial({"reading": names}, np.array(values, dtype=float), names == "tanh")

    return check


def _wrong_points(landscape: ToyLandscape, problem: str, counted: str) -> tuple[float, float]:
    """Points right and wrong at the global minimum of a problem, counted with given weights."""
    right = np.array(landscape.minima[problem][0].correct)
    weights = np.array(WEIGHTS[counted])
    return float(weights[right].sum()), float(weights[~right].sum())


def _counts(problem: str, counted: str, right: int, wrong: int) -> Callable[..., Trial]:
    return _readings(
        lambda landscape: float(_wrong_points(landscape, problem, counted) != (right, wrong))
    )


def _moved(landscape: ToyLandscape) -> float:
    """Compare how far retraining and descent-ascent move the global minimum."""
    best = {problem: np.array(found[0][:2]) for problem, found in landscape.minima.items()}
    retrained, ascent = (
        np.linalg.norm(best[problem] - best["pretraining"]) for problem in ("retraining", "gda")
    )
    return float(retrained - 0.25 * ascent)


def _second_minimum(landscape: ToyLandscape) -> float:
    """Look for a local minimum of pretraining within 0.1 of that of descent-ascent."""
    ascent = np.array(landscape.minima["gda"][0][:2])
    others = [np.array(point[:2]) for point in landscape.minima["pretraining"][1:]]
    nearest = min((np.linalg.norm(point - ascent) for point in others), default=np.inf)
    return float(nearest - 0.1)


def _trapped(landscape: ToyLandscape) -> float:
    """Ask where gradient flow on the retain loss leads from the descent-ascent minimum."""
    end = end_of_descent(landscape.losses["retraining"], landscape.minima["gda"][0][:2])
    return 1.0 if end == 0 else 0.0


def inescapable(rng: np.random.Generator, cases: int) -> Trial:
    """Fine-tune with every optimiser and several step sizes from about the minimum."""
    seed = int(rng.integers(2**31))
    table = escape_fractions(_landscape("tanh"), STEP_SIZES, runs=RUNS, steps=STEPS, seed=seed)
    small = (table["step_size"] <= SMALL_STEP) & (table["optimiser"] == "gd")
    parameters = {
        "optimiser": table["optimiser"].map(lambda name: OPTIMISERS[name].label).to_numpy(),
        "step size": table["step_size"].to_numpy(),
    }
    return Trial(parameters, table["escaped"].to_numpy(), small.to_numpy())


STATEMENTS = (
    Statement(
        "App. B, pretraining",
        "App. B",
        "The pretrained optimum mislabels x_3 alone: 13 points right, 1 wrong.",
        _counts("pretraining", "pretraining", 13, 1),
    ),
    Statement(
        "App. B, retraining",
        "App. B",
        "Retraining keeps the plane: 11 points right, 1 wrong.",
        _counts("retraining", "retraining", 11, 1),
    ),
    Statement(
        "App. B, descent-ascent",
        "App. B",
        "Descent-ascent sees all its points right: 10 right, none wrong.",
        _counts("gda", "gda", 10, 0),
    ),
    Statement(
        "App. B, descent-ascent on the retain set",
        "App. B",
        "In reality the descent-ascent optimum has 10 retain points right, 2 wrong.",
        _counts("gda", "retraining", 10, 2),
    ),
    Statement(
        "App. B, location",
        "App. B",
        "Retraining barely moves the minimum: less than a quarter of what descent-ascent does.",
        _readings(_moved),
        remark="What counts as barely is our definition.",
    ),
    Statement(
        "Fig. 4, local minimum",
        "Fig. 4",
        "The pretraining loss has a second minimum, which descent-ascent chooses.",
        _readings(_second_minimum),
        TANH,
        "As literally printed, each loss has a single minimum.",
    ),
    Statement(
        "App. B, fine-tuning",
        "Section 5, App. B",
        "Fine-tuning on the retain set does not lead back from the descent-ascent optimum.",
        _readings(_trapped),
        TANH,
        "Gradient descent with a small step. As literally printed, fine-tuning escapes.",
    ),
    Statement(
        "Section 5, inescapable",
        "Section 5",
        "No standard fine-tuning escapes.",
        inescapable,
        f"fine-tuning is gradient descent with a step of at most {SMALL_STEP}",
        "Fraction of runs that end outside the trap, tanh reading: single-sample steps and large "
        "steps escape.",
    ),
)
