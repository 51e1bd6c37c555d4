"""Whether intervals of the P95 of KLoM mean 95 %: `python -m bench.intervals`.

Pairs of ensembles are drawn again and again. The mean of their scores is what an interval is of;
1.96 standard deviations of them is the half-width that an interval should have. A grid over
margins, points, shifts of the unlearned margins (in standard deviations) and members N prints how
wide intervals are beside that and how often they hold the mean: the workflow's, and those of the
plain bootstrap. Margins of the digits are those of `--pool` perceptrons trained as in the default
study; each pair of ensembles is a random choice of them.

    python -m bench.intervals --members 100 --points 10 50 --margins normal student
"""

import argparse
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr, stdtrit

from unlearning.computing import batches
from unlearning.computing.execution import Execution
from unlearning.datasets import digits
from unlearning.datasets.images import normalisation
from unlearning.ensembles import evaluations, training
from unlearning.networks import models
from unlearning.scoring.bootstrap import bootstrap_percentile, percentile_interval
from unlearning.scoring.klom import klom, score_draws
from unlearning.study.strategies import Strategy

Pair = tuple[NDArray[np.float32], NDArray[np.float32]]
Interval = tuple[float, float]

REPLICATES = 100  # of the default study
SHARE = 0.5  # of the variance of normal scores that a shared factor takes
TRAIN, VALIDATION, CHUNK = 1347, 450, 100
RECIPE = training.Recipe(24, 100, 0.1, 5, 0.9, 5e-4)  # config.yaml
NORMAL = np.linspace(-6.5, 6.5, 20_001)
# Normal scores to margins of mean 0 and variance 1.
LAWS: dict[str, Callable[[NDArray], NDArray]] = {
    "normal": lambda z: z,
    "student": lambda z: np.interp(z, NORMAL, stdtrit(4, ndtr(NORMAL)) / np.sqrt(2)),
    "exponential": lambda z: -log_ndtr(-z) - 1,
}
MARGINS = [name + factor for name in LAWS for factor in ("", "_shared")] + ["digits"]


@cache
def trained(members: int) -> NDArray[np.float32]:
    """Return the margins (members, points) of the validation points of the digits."""
    dataset = digits.load(n_train=TRAIN, n_validation=VALIDATION, seed=0, folder=None)
    size = dataset.images.shape[1]
    data = batches.prepare(
        dataset.images, dataset.labels, *normalisation(dataset), torch.device("cpu")
    )
    parts = []
    for first in range(0, members, CHUNK):
        kept = evaluations.in_memory(1, CHUNK, len(data.labels))
        training.train_ensemble(
            lambda seed: models.build({"name": "mlp", "hidden": 128}, (1, size, size), 10, seed),
            data,
            np.tile(np.arange(TRAIN), (CHUNK, 1)),
            range(first, first + CHUNK),
            RECIPE,
            execution=Execution(Strategy("batched", 25), "float32"),
            snapshots=[RECIPE.epochs],
            evaluations=kept,
        )
        parts.append(kept.margins[0][:, TRAIN:].copy())
    return np.concatenate(parts)


def pairs(
    margins: str, points: int, shift: float, members: int, pool: int, seed: np.random.SeedSequence
) -> Iterator[Pair]:
    """Yield pairs of ensembles, float32 (members, points) each, without end."""
    rng = np.random.default_rng(seed)
    shape = 2 * members, points
    while True:
        if margins == "digits":
            everyone = trained(pool)[:, :points]
            both = everyone[rng.choice(len(everyone), 2 * members, replace=False)]
            unit = everyone.std(axis=0)
        else:
            law, _, factor = margins.partition("_")
            both, unit = rng.standard_normal(shape, np.float32), np.float32(1)
            if factor:
                shared = rng.standard_normal((2 * members, 1), np.float32)
                both = np.sqrt(1 - SHARE) * both + np.sqrt(SHARE) * shared
            both = LAWS[law](both)
        unlearned, oracle = both[:members] + shift * unit, both[members:]
        yield unlearned.astype(np.float32), oracle.astype(np.float32)


def score(pair: Pair) -> float:
    """Return the P95 over the points."""
    return float(np.percentile(klom(*pair), 95))


def workflow(pair: Pair, seed: int) -> Interval:
    """Return the interval that a study's scores have."""
    everything = [np.arange(pair[0].shape[1])]
    deviations = bootstrap_percentile(*pair, everything, repeats=REPLICATES, seed=seed)
    low, high = percentile_interval([score(pair)], deviations)
    return float(low[0]), float(high[0])


def plain(pair: Pair, seed: int) -> Interval:
    """Return the interval of members drawn with replacement, centred on the estimate."""
    rng = np.random.default_rng(seed)
    drawn = tuple(rng.integers(len(members), size=(REPLICATES, len(members))) for members in pair)
    replicates = np.percentile(score_draws(*pair, drawn, "default")[0], 95, axis=1)
    low, high = np.quantile(replicates - replicates.mean(), [0.025, 0.975])
    return max(score(pair) + float(low), 0.0), score(pair) + float(high)


def measured(
    cell: tuple[str, int, float, int],
    methods: list[Callable[[Pair, int], Interval]],
    *,
    repetitions: int,
    truth: int,
    pool: int = 0,
    seed: int = 0,
) -> tuple[float, float, list[tuple[float, float]]]:
    """Return mean score and ideal half-width, and of each method (width / ideal, coverage).

    Parameters
    ----------
    cell : margins, points, shift, members
    methods : functions of a pair of ensembles and a seed
    repetitions, truth : pairs of ensembles for the intervals, and for the mean and the ideal
    pool : members of the digits to choose from
    seed : of everything
    """
    margins, points, shift, members = cell
    key = [seed, MARGINS.index(margins), points, int(100 * shift), members]
    streams = [pairs(*cell, pool, part) for part in np.random.SeedSequence(key).spawn(2)]
    scores = [score(next(streams[0])) for _ in range(truth)]
    mean, ideal = float(np.mean(scores)), 1.96 * float(np.std(scores, ddof=1))
    chosen = [next(streams[1]) for _ in range(repetitions)]
    outcomes = []
    for method in methods:
        low, high = np.transpose([method(pair, number) for number, pair in enumerate(chosen)])
        width = float((high - low).mean() / 2 / ideal)
        outcomes.append((width, float(((low <= mean) & (mean <= high)).mean())))
    return mean, ideal, outcomes


def main() -> None:
    """Measure every cell, print a row each, and how many lie outside of the aim."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--margins", nargs="+", choices=MARGINS, default=MARGINS)
    parser.add_argument("--points", nargs="+", type=int, default=[10, 50, 450])
    parser.add_argument("--shifts", nargs="+", type=float, default=[0.0, 1.0, 3.0])
    parser.add_argument("--members", nargs="+", type=int, default=[50, 100, 200])
    parser.add_argument("--repetitions", type=int, default=100, help="intervals a cell")
    parser.add_argument("--truth", type=int, default=1000, help="scores a cell")
    parser.add_argument("--pool", type=int, default=800, help="members trained on the digits")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    if "digits" in chosen.margins:
        if chosen.pool < 2 * max(chosen.members):
            parser.error(f"--pool must be at least twice {max(chosen.members)} members.")
        if max(chosen.points) > VALIDATION:
            parser.error(f"the digits have {VALIDATION} validation points, no more.")
    print("| margins | points | shift | N | mean | ideal | width | coverage | plain | coverage |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    widths, coverages, plain_widths = [], [], []
    for cell in [
        (margins, points, shift, members)
        for members in chosen.members
        for margins in chosen.margins
        for points in chosen.points
        for shift in chosen.shifts
    ]:
        mean, ideal, [ours, others] = measured(
            cell,
            [workflow, plain],
            repetitions=chosen.repetitions,
            truth=chosen.truth,
            pool=chosen.pool,
            seed=chosen.seed,
        )
        widths.append(ours[0])
        coverages.append(ours[1])
        plain_widths.append(others[0])
        print(
            f"| {cell[0]} | {cell[1]} | {cell[2]:g} | {cell[3]} | {mean:.2f} | {ideal:.3f} | "
            f"{ours[0]:.2f} | {ours[1]:.3f} | {others[0]:.2f} | {others[1]:.3f} |",
            flush=True,
        )
    for name, values in (("workflow", widths), ("plain", plain_widths)):
        inside = np.mean([0.8 <= width <= 1.2 for width in values])
        print(f"\n{name}: width {min(values):.2f}-{max(values):.2f} of the ideal, ", end="")
        print(f"within a fifth of it in {inside:.0%} of {len(values)} cells", end="")
    aim = np.mean([0.92 <= coverage <= 0.98 for coverage in coverages])
    print(
        f"\nworkflow: coverage {min(coverages):.3f}-{max(coverages):.3f}, in .92-.98 in {aim:.0%}"
    )


if __name__ == "__main__":
    main()
