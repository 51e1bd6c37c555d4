"""A small study as a page to explore: two methods, awkward names, a diverged run."""

import gzip
import json
import re
from base64 import b64decode

import numpy as np
import pandas as pd

from unlearning.exploring import points
from unlearning.exploring.behind import Behind
from unlearning.exploring.histograms import bins, histograms
from unlearning.exploring.page import explore_page
from unlearning.exploring.points import RUN
from unlearning.scoring.klom import klom
from unlearning.scoring.rows import SPLITS, split_points
from unlearning.scoring.scores import Scoring

SCORING = Scoring(variant="default", clip=100.0, bootstrap=20, seed=0)
MEMBERS, TRAIN, VALIDATION = 12, 14, 6
FORGET = np.array([1, 4, 7])
PARTS = split_points(FORGET, TRAIN, VALIDATION)
#: Names that are HTML, and break a script, an attribute and a line of CSV.
SETS = {"</script><b>": '1: <b>3 & "random"</b>', "2'": "2: 3, others"}
METHODS = ("ga", "<i>&mine")
#: method, setting, kind, epoch, how far the members are shifted
BASELINES = [
    ("pretrained", "pretrained", "baseline", 0, 2.0),
    ("oracle_stopped", "oracle_stopped", "baseline", 3, 3.0),
    ("oracle_stopped", "oracle_stopped", "baseline", 6, 1.0),
    ("oracle_floor", "oracle_floor", "baseline", 9, 0.0),
]
GRID = [
    ("lr1", "grid", 1, 0.4),
    ("lr1", "grid", 2, 0.8),
    ("lr1", "grid", 4, 1.6),
    ("lr2", "grid", 1, 2.5),
    ("lr0", "zero_learning_rate", 1, 2.0),
]


def ensembles(methods=METHODS, grid=GRID, diverged=True, seed=0):
    """Yield what names each run of a forget set, and its margins.

    One member of the pretrained ones is far from all others; the last runs but one have diverged,
    as many as is said.
    """
    rng = np.random.default_rng(seed)
    runs = BASELINES + [(method, *run) for method in methods for run in grid]
    for number, (method, setting, kind, epoch, shift) in enumerate(runs):
        margins = rng.normal(shift, 1, (MEMBERS, TRAIN + VALIDATION)).astype(np.float32)
        if method == "pretrained":
            margins[0] += 60
        if len(runs) - 2 - diverged < number <= len(runs) - 2:
            margins[0, :5] = np.nan
        yield dict(zip(RUN[1:], (method, setting, kind, epoch), strict=True)), margins


def study(methods=METHODS, sets=SETS, grid=GRID, diverged=True):
    """Return scores and what was sampled of each forget set."""
    rows, behind = [], {}
    for number, name in enumerate(sets):
        oracle = np.random.default_rng(99).normal(0, 1, (MEMBERS, 20)).astype(np.float32)
        every = list(ensembles(methods, grid, diverged, seed=number))
        table = pd.DataFrame([{"forget_set": name, **columns} for columns, _ in every])[RUN]
        scored = np.stack([klom(each, oracle, nonfinite="own_bin") for _, each in every])
        for (columns, margins), values in zip(every, scored, strict=True):
            for split in SPLITS:
                p95 = np.percentile(values[PARTS[split]], 95)
                rows.append(
                    {
                        **columns, "forget_set": name, "split": split, "in_grid": True,
                        "learning_rate": 0.1, "n_members": MEMBERS, "klom_p95": p95,
                        "klom_p95_low": p95 - 0.2, "klom_p95_high": p95 + 0.2, "floor_p95": 0.7,
                        "n_nonfinite": int((~np.isfinite(margins[:, PARTS[split]])).sum()),
                        "accuracy": 0.5, "relative_cost": columns["epoch"] / 9,
                    }
                )  # fmt: skip
        shape = {"members": MEMBERS, "bins": bins("default"), "image": (8, 8, 1)}
        numbers = points.how_many(sets=len(sets), runs=len(every), **shape)
        often = points.most_often_worst([scored], PARTS)
        chosen = points.choose(points.mean_klom([scored]), often, PARTS, numbers)
        places = chosen["point"].to_numpy(int)
        own = slice(len(BASELINES), None)
        runs = [table[: own.start], points.worst(table[own], scored[own], PARTS, chosen)]
        pretrained = every[0][1][:, places]
        pretrained[1, -1] = np.nan
        behind[name] = Behind(
            chosen,
            pd.concat(runs, ignore_index=True),
            histograms((each[:, places] for _, each in every), oracle[:, places], SCORING),
            np.stack([oracle[:, places], pretrained]),
        )
    return pd.DataFrame(rows), behind


def page(methods=METHODS, sets=SETS, library="", texts=False, told=(), **changes):
    """Return the page of the small study, of images or of sequences."""
    scores, behind = study(methods, sets, **changes)
    rng = np.random.default_rng(1)
    images = rng.integers(0, 255, (TRAIN + VALIDATION, 8, 8, 1), dtype=np.uint8)
    return explore_page(
        scores,
        behind,
        study="small",
        about="A <small> study.",
        labels=sets,
        methods=list(methods),
        variant="default",
        images=[f"name {point}" for point in range(len(images))] if texts else images,
        classes=np.arange(TRAIN + VALIDATION) % 3,
        library=library,
        told=told,
    )


def held(text):
    """Return what the script of a page reads."""
    known, runs = (
        re.search(
            rf'<script type="application/[a-z-]*" id="{name}">(.*?)</script>', text, re.DOTALL
        )
        for name in ("study", "runs")
    )
    return json.loads(known[1]) | json.loads(gzip.decompress(b64decode(runs[1])))
