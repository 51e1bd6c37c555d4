"""Draw the images of every forget set on one sheet."""

import numpy as np

from unlearning.artifacts.files import load_array, load_record
from unlearning.artifacts.logs import log_to
from unlearning.figures.files import save_figure
from unlearning.figures.forget_sets import draw
from unlearning.figures.theme import applied

log_to(snakemake.log[0])
data = load_record(snakemake.input.record)
points = data["n_train"] + data["n_validation"]
names = snakemake.params.names
with applied():
    figure = draw(
        load_array(snakemake.input.images, shape=(points, None, None, None), dtype=np.uint8),
        {
            name: load_array(path, shape=(None,), dtype=np.int64)
            for name, path in zip(names, snakemake.input.forget_sets, strict=True)
        },
        load_array(snakemake.input.labels, shape=(points,), dtype=np.int64),
        titles=snakemake.params.labels,
    )
    save_figure(figure, **snakemake.output, title=f"{snakemake.wildcards.study}: forget sets")
