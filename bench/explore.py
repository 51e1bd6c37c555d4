"""Time the page of `snakemake explore`: of a study as large as the default one, and as CIFAR-10's.

    python -m bench.explore
    python -m bench.explore --sampling

The studies are generated: scores, the KLoM of every point and the margins of the chosen ones are
drawn at random. Timed is what the page takes beyond scoring: choosing images by the KLoM of all
points, counting their margins, taking the library out of its package, writing the page, opening it
in Chromium. Memory is the largest of the process. Left out is the reading of margins, in jobs of
their own, one a forget set: --sampling measures one of them instead, on files as large as a
study's (22 GB for CIFAR-10's size, taken away at the end), which the system may still have in
memory when they are read.
"""

import argparse
import resource
import shutil
import tempfile
import time
from itertools import repeat
from pathlib import Path

import numpy as np
import pandas as pd
import vl_convert

from bench.sampling import Study
from unlearning.artifacts.files import load_array, save_array
from unlearning.exploring import points
from unlearning.exploring.behind import Behind
from unlearning.exploring.histograms import Histograms, binned, bins
from unlearning.exploring.page import explore_page
from unlearning.exploring.points import RUN
from unlearning.scoring.rows import SPLITS, split_points
from unlearning.scoring.scores import Scoring

SCORING = Scoring(variant="default", clip=100.0, bootstrap=20, seed=0)
METHODS = ("ga", "gda", "scrub")
BASELINES = [("pretrained", 0), *(("oracle_stopped", n) for n in (3, 6, 12, 18))]
BASELINES += [("oracle_floor", 24)]
#: Name -> forget sets, runs of a method, training and validation points, members, image.
SIZES = {
    "the default study": (9, 15, 1347, 450, 100, (8, 8, 1)),
    "CIFAR-10": (9, 300, 50_000, 10_000, 100, (32, 32, 3)),
}
EPOCHS = 5


def described(forget_set: str, runs: int) -> pd.DataFrame:
    """Return what names each run of a forget set, baselines first."""
    rows = [(forget_set, name, name, "baseline", epoch) for name, epoch in BASELINES]
    rows += [
        (forget_set, method, f"lr{run // EPOCHS}_forgetbatch32", "grid", run % EPOCHS + 1)
        for method in METHODS
        for run in range(runs)
    ]
    return pd.DataFrame(rows, columns=RUN)


def scored(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return rows of scores of runs, drawn at random."""
    rows = []
    for split in SPLITS:
        p95 = rng.uniform(0.7, 9, len(table))
        columns = {"split": split, "in_grid": True, "learning_rate": 0.1, "n_members": 100}
        columns |= {"klom_p95": p95, "klom_p95_low": p95 - 0.3, "klom_p95_high": p95 + 0.3}
        columns |= {"floor_p95": 0.7, "n_nonfinite": 0, "accuracy": rng.random(len(table))}
        rows.append(table.assign(**columns, relative_cost=table["epoch"] / 24))
    return pd.concat(rows, ignore_index=True)


class Clock:
    """Adds up what blocks of code take."""

    def __init__(self) -> None:
        self.seconds = self.processor = 0.0

    def __enter__(self) -> None:
        self.started = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self.started[0]
        self.processor += time.process_time() - self.started[1]


def opened(page: Path) -> str:
    """Return how long Chromium takes until the planes are drawn, in words."""
    if not all(map(shutil.which, ("chromium", "chromedriver"))):
        return "no chromium and chromium-driver here to open it in"
    from tests.helpers.browser import Browser

    browser = Browser()
    try:
        # The first page also waits for the browser to be ready.
        seconds = []
        for _ in range(3):
            browser.open(page.as_uri())
            seconds.append(browser.run("return Number(document.documentElement.dataset.seconds)"))
    finally:
        browser.close()
    return f"opens in {min(seconds):.2f} s"


def measure(name: str, folder: Path) -> None:
    """Generate a study, make its page and print what that took."""
    sets, runs, train, validation, members, image = SIZES[name]
    rng, choosing, counting, writing = np.random.default_rng(0), Clock(), Clock(), Clock()
    every, behind, tables = train + validation, {}, []
    for number in range(1, sets + 1):
        table = described(str(number), runs)
        tables.append(table)
        parts = split_points(rng.choice(train, min(100, train), replace=False), train, validation)
        paths = []
        for method in METHODS:
            paths.append(str(folder / "klom" / method / f"{number}.npy"))
            save_array(paths[-1], rng.exponential(0.5, (runs, every)).astype(np.float32))
        own = [table[table["method"] == method] for method in METHODS]
        with choosing:
            shape = {"members": members, "bins": bins("default"), "image": image}
            numbers = points.how_many(sets=sets, runs=len(table), **shape)
            # One after another, as `sample_points` does.
            once, again, last = (
                (load_array(path, shape=(runs, every), dtype=np.float32) for path in paths)
                for _ in range(3)
            )
            often = points.most_often_worst(again, parts)
            chosen = points.choose(points.mean_klom(once), often, parts, numbers)
            worst = list(map(points.worst, own, last, repeat(parts), repeat(chosen)))
        oracle = rng.normal(0, 1, (members, len(chosen))).astype(np.float32)
        counted = []
        for _ in range(len(table)):
            margins = oracle + rng.normal(1, 1, oracle.shape).astype(np.float32)
            with counting:
                counted.append(binned(margins, oracle, SCORING))
        found = Histograms(*(np.stack(each) for each in zip(*counted, strict=True)))
        listed = pd.concat([table[: len(BASELINES)], *worst], ignore_index=True)
        behind[str(number)] = Behind(chosen, listed, found, np.stack([oracle, oracle + 2]))
        shutil.rmtree(folder / "klom")
    scores = scored(pd.concat(tables, ignore_index=True), rng)
    bundling = Clock()
    with bundling:
        library = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    with writing:
        text = explore_page(
            scores,
            behind,
            study=name,
            about="Generated.",
            labels={name: f"{name}: 100 random" for name in behind},
            methods=METHODS,
            variant="default",
            images=rng.integers(0, 255, (every, *image), dtype=np.uint8),
            classes=np.zeros(every, np.int64),
            library=library,
        )
    page = folder / "explore.html"
    page.write_text(text)
    clocks = (choosing, counting, bundling, writing)
    parts = "choosing {:.1f}, counting {:.1f}, library {:.1f}, page {:.1f}"
    runs = text.split('id="runs">')[1].index("<")
    print(
        f"{name}: {len(scores) // 3} runs, {every} points: built in "
        f"{sum(clock.seconds for clock in clocks):.1f} s "
        f"({parts.format(*(clock.seconds for clock in clocks))}), "
        f"{sum(clock.processor for clock in clocks):.1f} s of the processor, "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB of memory; "
        f"{page.stat().st_size / 1e6:.2f} MB, {runs / 1e3:.0f} kB of them scores, {opened(page)}",
        flush=True,
    )


def sample(name: str, folder: Path) -> None:
    """Generate the files of a forget set, choose and count its images, print what that took."""
    study = Study(folder, METHODS, SIZES[name])
    taken, count = study.measure(), len(METHODS) * study.runs
    print(
        f"{name}: {count} runs of a forget set sampled in {taken.seconds:.1f} s, "
        f"{taken.processor:.1f} s of the processor, {taken.peak / 1e6:.0f} MB of memory",
        flush=True,
    )


def main() -> None:
    """Print a line a study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("studies", nargs="*", default=list(SIZES), help=", ".join(SIZES))
    parser.add_argument("--sampling", action="store_true", help="of one forget set, its margins")
    arguments = parser.parse_args()
    for name in arguments.studies:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder, "results", "bench")
            (sample if arguments.sampling else measure)(name, place)


if __name__ == "__main__":
    main()
