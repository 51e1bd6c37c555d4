"""Choose a run of every method on every forget set by each rule, and measure the regret."""

from unlearning.answer.selection_table import select
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import save_table
from unlearning.scoring.differences import read_scored

log_to(snakemake.log[0])
params = snakemake.params
table = select(
    read_scored(snakemake.input.tables, snakemake.input.deviations),
    forget_sets=params.forget_sets,
    methods=params.methods,
    budget=params.budget,
)
save_table(snakemake.output[0], table)
