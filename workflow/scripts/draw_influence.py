"""Draw damage over each predictor of it, and keep the table of what is drawn."""

from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import load_table
from unlearning.figures.files import save_figure
from unlearning.figures.influence import draw
from unlearning.figures.theme import applied

log_to(snakemake.log[0])
source, study = snakemake.input, snakemake.wildcards.study
with applied():
    figure, drawn = draw(
        load_table(source.forget_sets),
        load_table(source.correlations),
        run=snakemake.params.run,
        study=study,
        told=snakemake.params.told,
    )
    save_figure(figure, **snakemake.output, drawn=drawn, title=f"{study}: influence")
