"""Join the scores of all methods and forget sets into one table."""

from unlearning.artifacts.files import atomic
from unlearning.artifacts.logs import log_to
from unlearning.scoring.rows import read_scores

log_to(snakemake.log[0])
with atomic(snakemake.output[0]) as temporary:
    read_scores(snakemake.input.tables).to_csv(temporary, index=False)
