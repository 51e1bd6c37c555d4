"""Draw scores, floors and rankings against the number of members, and say what they come to."""

import pandas as pd

from unlearning.answer.findings import stability_finding
from unlearning.artifacts.files import atomic
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import load_table
from unlearning.figures.files import save_figure
from unlearning.figures.stability import draw
from unlearning.figures.theme import applied

log_to(snakemake.log[0])
study, files = snakemake.wildcards.study, dict(snakemake.output)
scores, ranking = (
    pd.concat([load_table(path) for path in paths], ignore_index=True)
    for paths in (snakemake.input.scores, snakemake.input.ranking)
)
with atomic(files.pop("finding")) as temporary:
    temporary.write_text(stability_finding(scores, ranking) + "\n")
with applied():
    figure, drawn = draw(
        scores, ranking, labels=snakemake.params.labels, study=study, told=snakemake.params.told
    )
    save_figure(figure, **files, drawn=drawn, title=f"{study}: stability")
