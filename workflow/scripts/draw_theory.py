"""Draw one figure of the theory, and keep the table of what it draws."""

from importlib import import_module
from pathlib import Path

from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import load_table
from unlearning.figures.files import save_figure
from unlearning.figures.theme import applied

log_to(snakemake.log[0])
name = snakemake.wildcards.theory_figure
with applied():
    figure, drawn = import_module(f"unlearning.figures.{name}").draw(
        {Path(path).stem: load_table(path) for path in snakemake.input.tables},
        options=snakemake.params.options,
    )
    save_figure(figure, **snakemake.output, drawn=drawn, title=f"theory: {name}")
