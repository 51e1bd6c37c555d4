"""Take over a published weight matrix."""

from unlearning.artifacts.logs import log_to
from unlearning.datamodels.matrix import import_published

log_to(snakemake.log[0])
import_published(snakemake.input.published, snakemake.output[0], snakemake.params.train)
