"""Put a study's scores beside the published ones."""

import numpy as np

from unlearning.artifacts.files import atomic, load_array
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import read_csv
from unlearning.scoring.comparison import compare
from unlearning.scoring.comparison_page import comparison_page
from unlearning.scoring.rows import read_scores
from unlearning.study.sources import ROOT

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
table = compare(
    read_scores(source.tables),
    read_csv(ROOT / params.published),
    dataset=params.dataset,
    sizes={
        name: len(load_array(path, shape=(None,), dtype=np.int64))
        for name, path in zip(params.names, source.forget_sets, strict=True)
    },
    protocol=params.protocol,
)
with atomic(snakemake.output.csv) as temporary:
    table.to_csv(temporary, index=False)
with atomic(snakemake.output.page) as temporary:
    temporary.write_text(comparison_page(table, study=snakemake.wildcards.study))
