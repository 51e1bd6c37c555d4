"""Scores of a small league whose ranks, front and verdicts are known."""

from functools import cache

import numpy as np
import pandas as pd

from tests.helpers.grids import rows
from unlearning.league.chosen import choose
from unlearning.league.excess import measure
from unlearning.league.front import all_runs
from unlearning.league.records import to_records
from unlearning.scoring.differences import Scored
from unlearning.study.exchange import points_digest, written

FLOOR = (0.7, 0.6, 0.7)
#: Cost -> P95 of retraining that is stopped early.
STOPPED = {0.25: (5.7, 6.6, 5.7), 0.5: (2.7, 3.6, 2.7)}
PRETRAINED = (8.7, 0.6, 0.7)
#: setting, epoch, rate, cost, accuracy on forget and validation, loss on both, P95.
GOOD = [
    ("g1", 1, 0.1, 0.1, (0.95, 0.95), (0.30, 0.30), (1.7, 1.1, 1.2)),
    ("g1", 4, 0.1, 0.4, (0.90, 0.95), (0.50, 0.30), (1.2, 0.8, 0.9)),
]
POOR = [
    ("p1", 1, 0.1, 0.3, (0.95, 0.95), (0.30, 0.30), (9.7, 7.6, 7.7)),
    ("p1", 4, 0.1, 0.6, (0.90, 0.95), (0.50, 0.30), (9.9, 8.6, 8.7)),
]


def scored(methods, forget_sets=("1", "2"), noise=0.01, repeats=50, seed=0):
    """Scores of grids of methods and of the baselines, with independent replicates."""
    parts = [rows(grid, forget_sets, method=name) for name, grid in methods.items()]
    baselines = [("pretrained", 0, 0.0, PRETRAINED)]
    baselines += [("oracle_stopped", round(24 * c), c, p95) for c, p95 in STOPPED.items()]
    baselines += [("oracle_floor", 24, 1.0, FLOOR)]
    for name, epoch, cost, p95 in baselines:
        one = [(name, epoch, np.nan, cost, (1.0, 1.0), (0.0, 0.0), p95)]
        parts.append(rows(one, forget_sets, method=name).assign(kind="baseline"))
    table = pd.concat(parts, ignore_index=True)
    drawn = np.random.default_rng(seed).standard_normal((len(table), repeats))
    return Scored(table, (noise * drawn).astype(np.float32))


def facts(**changes):
    """What records of a study say of it."""
    return {
        "study": "ours", "model": {"name": "mlp", "hidden": 128}, "training": {"epochs": 24},
        "protocol": "corrected", "source": "train", "seed": 0, "members": 100,
        "floor_members": 100, "klom": {"variant": "default", "clip": 100, "bootstrap": 50},
        "images": {"normalisation": None, "pad_to": None}, "oracle_stopped_epochs": [6, 12],
        "budgets": [0.2, 0.5], "config_sha256": "0" * 64,
        "data": {"name": "digits", "n_train": 1347, "n_validation": 450, "checksum": "abc"},
        **changes,
    }  # fmt: skip


POINTS = {"1": [3, 5, 8], "2": [1, 2]}


def sets(points=POINTS):
    """What records say of forget sets, given by their points."""
    return [
        {"name": name, "label": f"{name}: some", "points": len(some), "sha256": points_digest(some)}
        for name, some in points.items()
    ]


@cache
def computed(told=(), repeats=50):
    """Return the chosen runs and all runs of a small league."""
    methods = {"good": GOOD, "poor": POOR}
    excess = measure(scored(methods, repeats=repeats))
    of_study = {"forget_sets": ["1", "2"], "methods": list(methods), "told": list(told)}
    return choose(excess, budgets=[0.2, 0.5], **of_study), all_runs(excess, **of_study)


def recorded(told=(), points=POINTS, **changes):
    """Return the records of a small league, without checksums."""
    chosen, runs = computed(tuple(told))
    return to_records(
        chosen,
        runs,
        facts=facts(**changes),
        forget_sets=sets(points),
        stanzas={name: {"sweep": {"learning_rate": [0.1]}} for name in ("good", "poor")},
        code={"good": "1" * 64, "poor": "2" * 64},
    )


def write(path, records=None):
    """Write records to a file, and return its path."""
    path.write_text(written(recorded() if records is None else records))
    return str(path)
