"""Put the pretrained ensemble beside the published Table 1, and say what follows."""

from unlearning.artifacts.files import atomic
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import read_csv
from unlearning.scoring.comparison_page import table1_page
from unlearning.scoring.rows import read_scores
from unlearning.scoring.table1 import table1
from unlearning.study.sources import ROOT

log_to(snakemake.log[0])
table = table1(
    read_scores(snakemake.input.tables),
    read_csv(ROOT / snakemake.params.published),
    snakemake.params.labels,
    dataset=snakemake.params.dataset,
)
with atomic(snakemake.output.csv) as temporary:
    table.to_csv(temporary, index=False)
with atomic(snakemake.output.page) as temporary:
    temporary.write_text(table1_page(table, study=snakemake.wildcards.study))
