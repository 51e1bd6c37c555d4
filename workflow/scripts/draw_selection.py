"""Draw the regret of each way of choosing a run, and say what it comes to."""

from unlearning.answer.findings import selection_finding
from unlearning.artifacts.files import atomic
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import load_table
from unlearning.figures.files import save_figure
from unlearning.figures.selection import draw
from unlearning.figures.theme import applied

log_to(snakemake.log[0])
study, files = snakemake.wildcards.study, dict(snakemake.output)
table = load_table(snakemake.input.table)
with atomic(files.pop("finding")) as temporary:
    temporary.write_text(selection_finding(table) + "\n")
with applied():
    figure, drawn = draw(
        table, labels=snakemake.params.labels, study=study, told=snakemake.params.told
    )
    save_figure(figure, **files, drawn=drawn, title=f"{study}: selection")
