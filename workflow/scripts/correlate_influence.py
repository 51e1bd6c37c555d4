"""Join predictors and damage of all forget sets of a family, and correlate their ranks."""

import pandas as pd

from unlearning.answer.damage import read_damage
from unlearning.answer.influence import correlations, finding, joined
from unlearning.artifacts.files import atomic
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import load_table, save_table

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
table = joined(
    pd.DataFrame(params.family).astype({"component": "Int64"}),
    load_table(source.blocks, ["forget_set", "spectral_norm", "mean_absolute"]),
    [read_damage(path) for path in source.damages],
)
found = correlations(table, repeats=params.bootstrap, seed=params.seed)
save_table(snakemake.output.forget_sets, table)
save_table(snakemake.output.correlations, found)
with atomic(snakemake.output.finding) as temporary:
    temporary.write_text(finding(table, found, run=params.run) + "\n")
