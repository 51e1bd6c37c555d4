"""Draw one figure, and keep the table of what it draws."""

from importlib import import_module

from unlearning.artifacts import atomic
from unlearning.logs import log_to
from unlearning.scores import read_scores

log_to(snakemake.log[0])
name = snakemake.wildcards.figure
figure, drawn = import_module(f"unlearning.figures.{name}").draw(
    read_scores(snakemake.input.tables),
    options=snakemake.params.options,
    study=snakemake.wildcards.study,
)
for path, facts in ((snakemake.output.png, {}), (snakemake.output.pdf, {"CreationDate": None})):
    with atomic(path) as temporary:
        figure.savefig(temporary, dpi=200, metadata=facts)
with atomic(snakemake.output.csv) as temporary:
    drawn.to_csv(temporary, index=False)
