"""Draw a league, keep the table of what is drawn, and say what it comes to."""

from unlearning.artifacts.files import atomic
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import load_table
from unlearning.figures.files import save_figure
from unlearning.figures.league import draw
from unlearning.figures.theme import applied
from unlearning.league.finding import league_finding

log_to(snakemake.log[0])
source, params, files = snakemake.input, snakemake.params, dict(snakemake.output)
study, standings = snakemake.wildcards.study, load_table(source.standings)
with atomic(files.pop("finding")) as temporary:
    temporary.write_text(league_finding(standings, load_table(source.table)) + "\n")
with applied():
    figure, drawn = draw(
        load_table(source.runs),
        standings,
        labels=params.labels,
        study=study,
        members=params.members,
    )
    save_figure(figure, **files, drawn=drawn, title=f"{study}: league")
