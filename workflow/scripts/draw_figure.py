"""Draw one figure, and keep the table of what it draws."""

from importlib import import_module

from unlearning.artifacts.logs import log_to
from unlearning.figures.files import save_figure
from unlearning.figures.theme import applied
from unlearning.scoring.rows import read_scores

log_to(snakemake.log[0])
name, study = snakemake.wildcards.figure, snakemake.wildcards.study
with applied():
    figure, drawn = import_module(f"unlearning.figures.{name}").draw(
        read_scores(snakemake.input.tables),
        options=snakemake.params.options,
        study=study,
    )
    save_figure(figure, **snakemake.output, drawn=drawn, title=f"{study}: {name}")
