"""Take over a published weight matrix."""

from unlearning.datamodel_matrix import import_published
from unlearning.logs import log_to

log_to(snakemake.log[0])
import_published(snakemake.input.published, snakemake.output[0], snakemake.params.train)
