"""Take scores apart into drift and ascent, and hold published runs against corrected ones."""

from unlearning.answer.controls import (
    compare_protocols,
    compare_with_nothing,
    decompose,
    summarise,
)
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import save_table
from unlearning.scoring.differences import read_scored

log_to(snakemake.log[0])
scored = read_scored(snakemake.input.tables, snakemake.input.deviations)
parts, protocols = decompose(scored), compare_protocols(scored)
cells = compare_with_nothing(scored)
save_table(snakemake.output.decomposition, parts)
save_table(snakemake.output.protocols, protocols)
save_table(snakemake.output.cells, cells)
save_table(snakemake.output.summary, summarise(parts, protocols, cells))
