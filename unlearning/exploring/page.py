"""The page: its frame, the data that its script reads, the library that draws, the script."""

import json
from collections.abc import Collection, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.exploring import behind as sampled
from unlearning.exploring import charts, runs
from unlearning.exploring.behind import Behind
from unlearning.exploring.points import rule_in_words
from unlearning.figures.plane import CAP, LIMIT
from unlearning.html import compressed, document
from unlearning.scoring.klom import VARIANTS
from unlearning.scoring.rows import SPLITS
from unlearning.study.method_names import TOLD_MEANS, method_name

WEB = Path(__file__).parent / "web"
#: As they follow each other.
SCRIPTS = (
    *("unpack", "runs", "address", "choices", "planes", "card", "images", "table", "paper"),
    "begin",
)
FRAME = """<p class="about">{about}</p>
<noscript><p><b>This page needs JavaScript; the same numbers are in scores.csv,
which <code>snakemake scores</code> writes.</b></p></noscript>
<form id="choices" aria-label="What is shown">
<details class="choice"><summary>Forget sets: <span id="sets-shown"></span></summary>
<div id="sets"></div></details>
<details class="choice"><summary>Methods: <span id="methods-shown"></span></summary>
<div id="methods"></div></details>
<label>Across <select id="x"></select></label>
<label>Up <select id="y"></select></label>
<button type="button" id="reset">Start again</button>
</form>
<p id="unknown" class="note" role="status"></p>
<p id="note" class="note" role="status"></p>
<div class="beside">
<section aria-labelledby="plane-title"><h2 id="plane-title">The KLoM plane</h2>
<p class="note" id="keys">Point at a run to read it, click to pin it; two pinned runs are compared.
With the keyboard: <kbd>Tab</kbd> to the planes, <kbd>&larr;</kbd> <kbd>&rarr;</kbd> along the
epochs of a run, <kbd>&uarr;</kbd> <kbd>&darr;</kbd> from run to run, <kbd>Enter</kbd> pins,
<kbd>Esc</kbd> lets go.</p>
<div id="paper" aria-hidden="true"></div>
<div id="planes" tabindex="0" role="group" aria-labelledby="plane-title" aria-describedby="keys">
</div>
<p class="note">Lower left is perfect unlearning. Grey bands: the noise floor, a second oracle
ensemble (the star) against the first. Dotted: the largest score there is, ln 10<sup>5</sup>. Thin
line: retraining stopped early. Dashed: the epochs of the run that is pointed at, from the
pretrained model on; its cross is the 95&nbsp;% interval. Diverged runs count
as the largest score: they stand side by side above the dotted line, where no other can be.</p>
</section>
<section class="card" tabindex="0" aria-labelledby="card-title">
<h2 id="card-title">The run pointed at</h2>
<div id="card" aria-live="polite"></div></section>
</div>
<section id="compared" aria-live="polite" aria-labelledby="compare-title" hidden>
<h2 id="compare-title">Pinned runs</h2><div id="compare"></div></section>
<section id="behind" aria-labelledby="behind-title">
<h2 id="behind-title">The {what} behind a run</h2>
<p class="note" id="whose"></p>
<div class="beside"><div id="images"></div>
<div class="card" id="looked" tabindex="0" role="group" aria-label="Margins">
<div id="image" aria-live="polite"></div><div id="histograms"></div>
<div id="sums"></div></div></div>
</section>
<section aria-labelledby="table-title"><h2 id="table-title">The runs as a table</h2>
<p><button type="button" id="copy">Copy as CSV</button> <span id="copied" role="status"></span></p>
<p class="note" id="rows"></p>
<div class="wide" tabindex="0" role="region" aria-labelledby="table-title"><table id="table">
<thead></thead><tbody></tbody></table></div>
<p><button type="button" id="all" hidden></button></p></section>
<section><h2>What this page holds</h2><div class="about">
<p>Every run of the grids, the controls and the baselines, as in Figures 6 and 7; runs with flaws of
the published code or another optimizer, and the extra epochs of Figure 2, are left out. Each has
its P95 KLoM in nats with a 95&nbsp;% interval over members; a diverged run
counts as the largest there is. "Copy as CSV" takes all others as scores.csv, of
<code>snakemake scores</code>, has them, to the last digit.
{rule}</p>
<p id="held">The address of the page holds all that is shown: forget sets, methods, splits, the
order and length of the table, the run pointed at, pinned runs and image. Send it, or keep it.</p>
<p>Nothing is loaded from anywhere.</p></div></section>
"""


def explore_page(
    scores: pd.DataFrame,
    behind: Mapping[str, Behind],
    *,
    study: str,
    about: str,
    labels: Mapping[str, str],
    methods: Sequence[str],
    variant: str,
    images: NDArray[np.uint8] | Sequence[str],
    classes: NDArray[np.int64],
    library: str,
    told: Collection[str] = (),
) -> str:
    """Write a study as one page to point at.

    Parameters
    ----------
    scores : one row a run and split, baselines among them
    behind : of each forget set what was sampled of its runs
    study : its name
    about : the study in one sentence
    labels : a person's name of each forget set, in the order of the page
    methods : names, in the order of the page
    variant : of KLoM
    images : (points, height, width, channels), or the text of each point
    classes : (points,)
    library : the JavaScript that defines ``vegaEmbed``
    told : methods that are told the answer, whose names are marked

    Returns
    -------
    str
        A complete document that refers to nothing outside itself.

    Raises
    ------
    ValueError
        When a run of the scores was not sampled, or the scores are no scores.
    """
    texts = None if isinstance(images, np.ndarray) else list(images)
    table = runs.shown_runs(scores, list(labels))
    found = {
        name: sampled.of_runs(each, table[table["forget_set"] == name])
        for name, each in behind.items()
    }
    points = sorted({int(point) for each in found.values() for point in each.points["point"]})
    known = {
        "study": study,
        "sets": [{"name": name, "label": label} for name, label in labels.items()],
        "methods": [{"name": name, "title": method_name(name, told)} for name in methods],
        "splits": list(SPLITS),
        "meanings": charts.MEANINGS,
        "cap": CAP,
        "limit": LIMIT,
        # The KLoM of a sequence is the mean of its tokens', and no sum over the bins of one.
        "sums": variant == "default" and not texts,
        "variant": variant,
        "bins": VARIANTS[variant].bins,
        "floors": runs.floors(table),
        "behind": {name: sampled.embedded(each, classes) for name, each in found.items()},
        "images": {} if texts else sampled.pictures(np.asarray(images), points),
        "texts": {str(point): texts[point] for point in points} if texts else None,
        "planes": charts.planes(list(table["mark"].unique()), runs.cost_scale(table)),
        "histogram": charts.histogram(),
        "ensembles": charts.ENSEMBLES,
    }
    counts = [each.points["split"].value_counts() for each in found.values()]
    shown = [{split: int(count.get(split, 0)) for split in SPLITS} for count in counts]
    what = "sequences" if texts else "images"
    side = 1 if texts else max(np.shape(images)[1:3])
    worst = {name: sampled.worst(each) for name, each in found.items()}
    every = compressed(_json({"runs": runs.columns(table), "worst": worst}).encode())
    rule = rule_in_words(shown, side, what, runs=len(table), packed=len(every))
    blocks = "".join(
        f'<script type="application/octet-stream" data-set="{escape(name)}">'
        f"{compressed(sampled.packed(each))}</script>\n"
        for name, each in found.items()
    )
    body = (
        FRAME.format(
            about=escape(f"{about} {TOLD_MEANS}." if told else about),
            rule=escape(rule),
            what=what,
        )
        + f'<script type="application/json" id="study">{_json(known)}</script>\n{blocks}'
        + f'<script type="application/octet-stream" id="runs">{every}</script>\n'
        + '<script type="application/octet-stream" id="library">'
        + f"{compressed(library.encode())}</script>\n<script>{_script()}</script>"
    )
    return document(f"Explore: {study}", body, (WEB / "page.css").read_text())


def _script() -> str:
    """Return what happens on the page, in a function: its names are no one else's."""
    parts = [(WEB / f"{name}.js").read_text() for name in SCRIPTS]
    return '"use strict";\n(async () => {\n' + "\n".join(parts) + "})();\n"


def _json(value: Any) -> str:
    """Return a value as JSON that ends no script and begins none."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
