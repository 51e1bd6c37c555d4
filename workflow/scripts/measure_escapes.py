"""Measure how often fine-tuning leaves the trap, and from when on it no longer can."""

from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import save_table
from unlearning.theory.toy import toy_landscape
from unlearning.theory.toy_escape import escape_fractions
from unlearning.theory.toy_runs import recoverability

log_to(snakemake.log[0])
arguments = dict(snakemake.params.escape)
landscape = toy_landscape("tanh")
ascent_step_sizes = arguments.pop("ascent_step_sizes")
save_table(snakemake.output.recoverability, recoverability(landscape, ascent_step_sizes))
save_table(
    snakemake.output.escape,
    escape_fractions(landscape, **arguments, seed=snakemake.params.seed),
)
