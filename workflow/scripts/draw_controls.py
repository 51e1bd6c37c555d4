"""Draw what scores are made of, keep the table of what is drawn, and say what it shows."""

from unlearning.answer.controls_findings import of_decomposition
from unlearning.artifacts.files import atomic
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import load_table
from unlearning.figures.controls import draw
from unlearning.figures.files import save_figure
from unlearning.figures.theme import applied

log_to(snakemake.log[0])
output, study = snakemake.output, snakemake.wildcards.study
parts = load_table(snakemake.input.decomposition)
with applied():
    figure, drawn = draw(
        parts, labels=snakemake.params.labels, study=study, told=snakemake.params.told
    )
    save_figure(figure, output.png, output.pdf, output.csv, drawn=drawn, title=f"{study}: controls")
with atomic(output.finding) as temporary:
    temporary.write_text(of_decomposition(parts))
