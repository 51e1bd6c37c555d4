"""Draw the gaps between accuracies on random forget sets, and keep the table of what is drawn."""

from unlearning.artifacts.logs import log_to
from unlearning.figures.files import save_figure
from unlearning.figures.random_sets import draw
from unlearning.figures.theme import applied
from unlearning.scoring.accuracy_gaps import read_gaps

log_to(snakemake.log[0])
study = snakemake.wildcards.study
with applied():
    figure, drawn = draw(read_gaps(snakemake.input.tables), study=study, told=snakemake.params.told)
    save_figure(figure, **snakemake.output, drawn=drawn, title=f"{study}: random forget sets")
