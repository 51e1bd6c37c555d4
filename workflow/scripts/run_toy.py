"""Follow the descents of Fig. 4."""

from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import save_table
from unlearning.theory.toy import toy_landscape
from unlearning.theory.toy_runs import descent_paths

log_to(snakemake.log[0])
save_table(snakemake.output[0], descent_paths(toy_landscape("tanh")))
