"""Measure how often fine-tuning leaves the trap, and from when on it no longer can."""

from unlearning.artifacts import atomic
from unlearning.logs import log_to
from unlearning.theory.toy import toy_landscape
from unlearning.theory.toy_escape import escape_fractions
from unlearning.theory.toy_runs import recoverability

log_to(snakemake.log[0])
arguments = dict(snakemake.params.escape)
landscape = toy_landscape("tanh")
ascent_step_sizes = arguments.pop("ascent_step_sizes")
with atomic(snakemake.output.recoverability) as temporary:
    recoverability(landscape, ascent_step_sizes).to_csv(temporary, index=False)
with atomic(snakemake.output.escape) as temporary:
    table = escape_fractions(landscape, **arguments, seed=snakemake.params.seed)
    table.to_csv(temporary, index=False)
