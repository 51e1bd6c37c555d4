"""Measure the forget-by-retain block of the datamodel matrix for every forget set of a family."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from unlearning.artifacts.benchmarks import save_benchmark
from unlearning.artifacts.files import load_array
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import save_table
from unlearning.datamodels.blocks import forget_by_retain

log_to(snakemake.log[0])
matrix = load_array(snakemake.input.matrix, shape=(None, None), dtype=np.float32)
paths = zip(snakemake.params.names, snakemake.input.forget_sets, strict=True)
forget_sets = {name: load_array(path, shape=(None,), dtype=np.int64) for name, path in paths}
measured = forget_by_retain(matrix, forget_sets)
rows = [{"forget_set": name, **asdict(block)} for name, block in measured.items()]
save_table(snakemake.output[0], pd.DataFrame(rows))
save_benchmark(snakemake.log[0])
