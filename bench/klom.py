"""Time KLoM against the per-point loop that published codes use: `python -m bench.klom`.

Both are measured in turn, in one process, for several rounds, so that a busy machine slows both
down; the ratio of the medians is the figure to quote. The loop is timed on a sample of points and
scaled up. The memory is that of a fresh process (Linux).
"""

import multiprocessing
import os
import platform
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numba
import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.stats import entropy

from unlearning.scoring.bootstrap import bootstrap_percentile
from unlearning.scoring.klom import klom, score_draws

MEMBERS, POINTS, SAMPLE, ROUNDS = 100, 60_000, 2_000, 5
BOOTSTRAP_POINTS, REPEATS = 1_797, 100


def ensembles(points: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the float32 margins of two Gaussian ensembles, one shifted by half a deviation."""
    rng = np.random.default_rng(0)
    unlearned, oracle = rng.standard_normal((2, MEMBERS, points), dtype=np.float32)
    unlearned += np.float32(0.5)
    return unlearned, oracle


def published_loop(unlearned: NDArray, oracle: NDArray) -> NDArray[np.float64]:
    """Score point by point: digitize, one sum a bin, scipy's entropy (variant easydub_bench)."""
    scores = []
    for point in range(unlearned.shape[1]):
        pair = [np.clip(margins[:, point], -100, 100) for margins in (unlearned, oracle)]
        low = min(margins.min() for margins in pair)
        high = max(margins.max() for margins in pair)
        edges = np.linspace(low, high, 21)
        histograms = []
        for margins in pair:
            index = np.digitize(margins, edges)
            counts = np.array([np.sum(index == k) for k in range(1, 21)])
            histograms.append(counts / counts.sum())
        p, q = histograms
        scores.append(entropy(p, np.where(p > 0, np.maximum(q, 1e-5), q)))
    return np.array(scores)


def seconds(function: Callable[[], object]) -> float:
    """Return the wall time of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def extra_megabytes() -> float:
    """Return by how much one call lifts this process's peak above what it held before."""
    few = ensembles(64)
    klom(*few)
    pair = ensembles(POINTS)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    klom(*pair)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return (peak - pages * resource.getpagesize()) / 1e6


def main() -> None:
    """Measure, and print one table."""
    unlearned, oracle = ensembles(POINTS)
    some = unlearned[:, :SAMPLE].copy(), oracle[:, :SAMPLE].copy()
    few = unlearned[:, :BOOTSTRAP_POINTS].copy(), oracle[:, :BOOTSTRAP_POINTS].copy()
    draws = np.random.default_rng(0).integers(MEMBERS, size=(2, REPEATS, MEMBERS))
    drawn = draws[0], draws[1]
    contenders: dict[str, Callable[[], object]] = {
        "published loop": lambda: published_loop(*some),
        "klom": lambda: klom(unlearned, oracle),
        "klom, same variant": lambda: klom(unlearned, oracle, variant="easydub_bench"),
        "bootstrap": lambda: bootstrap_percentile(
            *few, [np.arange(BOOTSTRAP_POINTS)], repeats=REPEATS, seed=0
        ),
        "plain": lambda: np.percentile(score_draws(*few, drawn, "default")[0], 95, axis=1),
    }
    # Compiles, and checks that the two contenders compute the same scores.
    difference = np.abs(published_loop(*some) - klom(*some, variant="easydub_bench")).max()
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, contender in contenders.items():
            times[name].append(seconds(contender))
    median = {name: float(np.median(values)) for name, values in times.items()}
    loop = median["published loop"] * POINTS / SAMPLE
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=fresh) as pool:
        memory = pool.submit(extra_megabytes).result()

    print(
        f"{os.cpu_count()} CPUs ({platform.machine()}), {numba.get_num_threads()} threads; "
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"numba {numba.__version__}"
    )
    print(
        f"{MEMBERS} + {MEMBERS} models x {POINTS:,} points, float32; "
        f"medians of {ROUNDS} rounds in turn\n"
    )
    rows = [
        (f"published loop, {SAMPLE:,} points x {POINTS // SAMPLE}", loop),
        ("klom, variant easydub_bench (the loop's)", median["klom, same variant"]),
        ("klom, default", median["klom"]),
    ]
    print(f"{'':42}{'seconds':>10}{'ratio':>9}")
    for label, value in rows:
        print(f"{label:42}{value:10.4f}{loop / value:9,.0f}")
    print(
        f"{f'bootstrap, {REPEATS} repeats x {BOOTSTRAP_POINTS:,} points':42}"
        f"{median['bootstrap']:10.4f}"
    )
    print(f"{'the same, members drawn as they are':42}{median['plain']:10.4f}")
    print(f"\nlargest difference from the loop: {difference:.1e}")
    print(f"extra peak memory of klom: {memory:.1f} MB (margins: {unlearned.nbytes * 2e-6:.0f} MB)")


if __name__ == "__main__":
    main()
