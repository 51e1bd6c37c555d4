"""Follow the descents of Fig. 4."""

from unlearning.artifacts import atomic
from unlearning.logs import log_to
from unlearning.theory.toy import toy_landscape
from unlearning.theory.toy_runs import descent_paths

log_to(snakemake.log[0])
with atomic(snakemake.output[0]) as temporary:
    descent_paths(toy_landscape("tanh")).to_csv(temporary, index=False)
