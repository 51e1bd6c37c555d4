"""Draw one figure of the theory, and keep the table of what it draws."""

from importlib import import_module
from pathlib import Path

import pandas as pd

from unlearning.figures.files import save_figure
from unlearning.logs import log_to

log_to(snakemake.log[0])
figure, drawn = import_module(f"unlearning.figures.{snakemake.wildcards.theory_figure}").draw(
    {Path(path).stem: pd.read_csv(path) for path in snakemake.input.tables},
    options=snakemake.params.options,
)
save_figure(figure, **snakemake.output, drawn=drawn)
