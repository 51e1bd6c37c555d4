"""Memory and time of a datamodel matrix that goes to a file in blocks, and of its components.

    python -m bench.datamodels [N_TRAIN MODELS]

Each step runs in a process of its own, on one thread where OMP_NUM_THREADS is 1. The peak is the
most that the process held at any time, mapped pages of files included (VmHWM, Linux); the system's
cache of the files is outside. Two sizes give the growth, which must be that of the formula in
`held`; the formula then gives the paper's size. Arguments add a case to measure.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import svds

from unlearning.artifacts.files import created_array, load_array
from unlearning.datamodels import components
from unlearning.datamodels.components import principal_components
from unlearning.datamodels.estimation import fit
from unlearning.datamodels.lasso import BLOCK

CASES = [(5_000, 400), (10_000, 400)]
PAPER = (50_000, 4_000)
OPTIONS: dict[str, Any] = {
    "estimator": "mean_difference",
    "penalties": [],
    "iterations": 1,
    "held_out": 50,
    "seed": 0,
}


def held(n_train: int, models: int) -> int:
    """Return the bytes that `fit` holds at its peak, by the sizes of its arrays.

    A membership takes a byte and a margin four: once as given, once as split; the memberships once
    more as float32. A block of weights is there in float32 and float64.
    """
    return n_train * (models * (5 + 5 + 4) + BLOCK * (4 + 8))


def made(n_train: int, models: int) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Return memberships and margins, without a temporary array of their size."""
    rng = np.random.default_rng(0)
    common = rng.standard_normal((n_train, 2), dtype=np.float32) * np.array([0.1, 0.07], np.float32)
    membership = np.empty((models, n_train), np.bool_)
    margins = np.empty((models, n_train), np.float32)
    for member, margin in zip(membership, margins, strict=True):
        member[:] = rng.integers(0, 2, n_train, dtype=np.uint8)
        rng.standard_normal(out=margin, dtype=np.float32)
        margin += common @ ((member - np.float32(0.5)) @ common)
    return membership, margins


def peak() -> int:
    """Return the most bytes that this process has held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def fitted(path: str, n_train: int, models: int) -> dict[str, float]:
    """Fit into a file; return seconds of processor and clock, and the peak before and after."""
    data = made(n_train, models)
    before, processor, clock = peak(), process_time(), perf_counter()
    with created_array(path, (n_train, n_train), np.float32) as weights:
        fit(*data, weights=weights, **OPTIONS)
    libraries = before - data[0].nbytes - data[1].nbytes
    return measured(processor, clock) | {"libraries": libraries}


def decomposed(path: str, n_train: int) -> dict[str, float]:
    """Find the components of the file, and count the passes over it."""
    matrix = load_array(path, shape=(n_train, n_train), dtype=np.float32)
    read, passes = components._blocks, []

    def counted(values: NDArray) -> Any:
        passes.append(values.shape)
        return read(values)

    components._blocks = counted
    processor, clock = process_time(), perf_counter()
    found = principal_components(matrix, 2).components
    np.save(f"{path}.components.npy", found)
    return measured(processor, clock) | {"passes": len(passes)}


def measured(processor: float, clock: float) -> dict[str, float]:
    """Return the seconds since two readings, and the peak."""
    return {
        "processor": process_time() - processor,
        "clock": perf_counter() - clock,
        "peak": peak(),
    }


def differences(path: str, n_train: int, models: int) -> tuple[float, float]:
    """Return the largest differences from what is computed whole, in memory."""
    weights = fit(*made(n_train, models), block=n_train, **OPTIONS).weights
    matrix = np.load(path, mmap_mode="r")
    weight = max(np.abs(row - other).max() for row, other in zip(weights, matrix, strict=True))
    centred = weights - weights.mean(axis=0, dtype=np.float64)
    start = np.random.default_rng(1).standard_normal(n_train)
    right = svds(centred, 2, v0=start, solver="arpack")[2][::-1]
    found = np.load(f"{path}.components.npy")
    signs = np.sign((found * right).sum(axis=1, keepdims=True))
    return float(weight), float(np.abs(found - signs * right).max())


def alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a fresh process."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=fresh) as pool:
        return pool.submit(function, *arguments).result()


def main() -> None:
    """Measure every case, and print a table, the check of the formula and the extrapolation."""
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    print(f"{threads} threads of {os.cpu_count()}; seconds of processor (and clock), peak in MB")
    given = [(int(sys.argv[1]), int(sys.argv[2]))] if len(sys.argv) > 1 else []
    peaks = {}
    with TemporaryDirectory() as folder:
        path = f"{folder}/matrix.npy"
        for n_train, models in CASES + given:
            fitting = alone(fitted, path, n_train, models)
            finding = alone(decomposed, path, n_train)
            print(
                f"n {n_train:6,}, {models:5,} models, matrix {4 * n_train**2 / 1e6:8,.0f} MB | fit "
                f"{fitting['processor']:6.1f} ({fitting['clock']:6.1f}) s, peak "
                f"{fitting['peak'] / 1e6:6,.0f} (formula {held(n_train, models) / 1e6:6,.0f} + "
                f"libraries {fitting['libraries'] / 1e6:.0f}) | components "
                f"{finding['processor']:6.1f} ({finding['clock']:6.1f}) s, "
                f"{finding['passes']} passes, peak {finding['peak'] / 1e6:,.0f}",
                flush=True,
            )
            peaks[n_train, models] = fitting["peak"]
            if (n_train, models) == CASES[-1]:
                weight, component = alone(differences, path, n_train, models)
                print(f"  from memory: weights differ by {weight:.1e}, components {component:.1e}")
                last = fitting, finding
    small, large = CASES
    growth, expected = peaks[large] - peaks[small], held(*large) - held(*small)
    print(
        f"growth of the peak from n = {small[0]:,} to {large[0]:,}: {growth / 1e6:.0f} MB, by the "
        f"formula {expected / 1e6:.0f} MB"
    )
    fitting, finding = last
    rows = PAPER[0] / large[0]
    print(
        f"n = {PAPER[0]:,} with {PAPER[1]:,} models, extrapolated: peak "
        f"{(held(*PAPER) + fitting['libraries']) / 1e9:.1f} GB beside a matrix of "
        f"{4 * PAPER[0] ** 2 / 1e9:.0f} GB; fit at most "
        f"{fitting['processor'] * rows**2 * PAPER[1] / large[1]:.0f} s, components "
        f"{finding['processor'] * rows**2:.0f} s of processor where they take as many passes"
    )


if __name__ == "__main__":
    main()
