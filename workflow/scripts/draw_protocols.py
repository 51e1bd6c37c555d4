"""Draw published and corrected runs side by side, keep what is drawn, and say what it shows."""

from unlearning.answer.controls_findings import of_protocols
from unlearning.artifacts.files import atomic
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import load_table
from unlearning.figures.files import save_figure
from unlearning.figures.protocols import draw
from unlearning.figures.theme import applied

log_to(snakemake.log[0])
output, study = snakemake.output, snakemake.wildcards.study
protocols = load_table(snakemake.input.protocols)
cells = load_table(snakemake.input.cells)
with applied():
    figure, drawn = draw(
        protocols, cells, labels=snakemake.params.labels, study=study, told=snakemake.params.told
    )
    save_figure(
        figure, output.png, output.pdf, output.csv, drawn=drawn, title=f"{study}: protocols"
    )
with atomic(output.finding) as temporary:
    temporary.write_text(of_protocols(protocols, cells))
