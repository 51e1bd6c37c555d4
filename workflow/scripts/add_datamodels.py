"""Add up what the points of a forget set do to the margin of every point."""

import numpy as np

from unlearning.artifacts.benchmarks import save_benchmark
from unlearning.artifacts.files import load_array, save_array
from unlearning.artifacts.logs import log_to
from unlearning.datamodels.validation import added_margins

log_to(snakemake.log[0])
matrix, validation = (
    load_array(path, shape=(None, None), dtype=np.float32)
    for path in (snakemake.input.matrix, snakemake.input.validation)
)
forget = load_array(snakemake.input.forget_set, shape=(None,), dtype=np.int64)
save_array(snakemake.output[0], added_margins(matrix, validation, forget))
save_benchmark(snakemake.log[0])
