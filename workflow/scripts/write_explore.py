"""Write the page on which runs, and the points behind them, are pointed at."""

from pathlib import Path

import numpy as np

from unlearning.artifacts.files import load_array, load_record
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.pages import save_page
from unlearning.artifacts.tables import load_table
from unlearning.datasets.sequences import decoded
from unlearning.exploring.behind import Behind
from unlearning.exploring.histograms import Histograms
from unlearning.exploring.page import explore_page
from unlearning.scoring.rows import read_scores

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
inputs, labels, record = source.data
data = load_record(record)
every = data["n_train"] + data["n_validation"]
if alphabet := data.get("alphabet"):
    shown = decoded(load_array(inputs, shape=(every, None), dtype=np.uint8), alphabet)
else:
    shown = load_array(inputs, shape=(every, None, None, None), dtype=np.uint8)
sampled = [source[name] for name in ("points", "runs", "counts", "measured", "margins")]
behind = {
    name: Behind(
        points=load_table(points),
        runs=load_table(runs),
        histograms=Histograms(
            load_array(counts, shape=(None, None, None), dtype=np.uint16),
            load_array(measured, shape=(None, None, 3), dtype=np.float32),
        ),
        margins=load_array(margins, shape=(2, None, None), dtype=np.float32),
    )
    for name, points, runs, counts, measured, margins in zip(params.names, *sampled, strict=True)
}
page = explore_page(
    read_scores(source.tables),
    behind,
    study=snakemake.wildcards.study,
    about=params.about,
    # Parameters are sorted by name; the page has the order of the study.
    labels={name: params.forget_sets[name] for name in params.names},
    methods=params.methods,
    variant=params.variant,
    told=params.told,
    images=shown,
    classes=load_array(labels, shape=(every,), dtype=np.int64),
    library=Path(source.library[0]).read_text(),
)
save_page(page, snakemake.output.page, snakemake.output.shown)
