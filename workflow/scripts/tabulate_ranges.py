"""Tabulate the ranges of alpha of Fig. 3 on an even grid of correlations."""

import numpy as np
import pandas as pd

from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import save_table
from unlearning.theory.correlation import tabulate_ranges

log_to(snakemake.log[0])
table = tabulate_ranges(**snakemake.params.problem, epsilon=np.linspace(0, 1, 401))
save_table(snakemake.output[0], pd.DataFrame(table))
