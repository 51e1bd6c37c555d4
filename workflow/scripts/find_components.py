"""Find the leading principal components of the datamodel matrix."""

import numpy as np
import pandas as pd

from unlearning.artifacts.benchmarks import save_benchmark
from unlearning.artifacts.files import atomic, load_array, save_array
from unlearning.artifacts.logs import log_to
from unlearning.datamodels.components import principal_components

log_to(snakemake.log[0])
matrix = load_array(snakemake.input.matrix, shape=(None, None), dtype=np.float32)
found = principal_components(matrix, snakemake.params.components)
save_array(snakemake.output.components, found.components)
save_array(snakemake.output.projections, found.projections)
with atomic(snakemake.output.explained) as temporary:
    pd.DataFrame(
        {"component": np.arange(len(found.explained)) + 1, "explained": found.explained}
    ).to_csv(temporary, index=False)
save_benchmark(snakemake.log[0])
