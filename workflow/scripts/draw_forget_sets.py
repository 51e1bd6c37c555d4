"""Draw the points of every forget set on one sheet: their images, or their texts."""

import numpy as np

from unlearning.artifacts.files import load_array, load_record
from unlearning.artifacts.logs import log_to
from unlearning.datasets.sequences import decoded, group_names
from unlearning.figures.files import save_figure
from unlearning.figures.forget_sets import draw, draw_texts
from unlearning.figures.theme import applied

log_to(snakemake.log[0])
source, titles = snakemake.input, snakemake.params.labels
data = load_record(source.record)
points = data["n_train"] + data["n_validation"]
forget_sets = {
    name: load_array(path, shape=(None,), dtype=np.int64)
    for name, path in zip(snakemake.params.names, source.forget_sets, strict=True)
}
with applied():
    if alphabet := data.get("alphabet"):
        tokens = load_array(source.points, shape=(points, None), dtype=np.uint8)
        texts = decoded(tokens[: data["n_train"]], alphabet)
        figure = draw_texts(texts, forget_sets, group_names(data), titles=titles)
    else:
        images = load_array(source.points, shape=(points, None, None, None), dtype=np.uint8)
        labels = load_array(source.labels, shape=(points,), dtype=np.int64)
        figure = draw(images, forget_sets, labels, titles=titles)
    save_figure(figure, **snakemake.output, title=f"{snakemake.wildcards.study}: forget sets")
