"""Try every statement of the theory; write the table, and the page that people read."""

import pandas as pd

from unlearning.artifacts.files import atomic
from unlearning.artifacts.logs import log_to
from unlearning.theory.page import lemmas_page
from unlearning.theory.statements.catalogue import STATEMENTS
from unlearning.theory.statements.statement import examine_all

log_to(snakemake.log[0])
seed = snakemake.params.seed
rows = examine_all(STATEMENTS, cases=snakemake.params.cases, seed=seed)
with atomic(snakemake.output.csv) as temporary:
    pd.DataFrame(rows).to_csv(temporary, index=False)
with atomic(snakemake.output.page) as temporary:
    temporary.write_text(lemmas_page(rows, seed=seed))
