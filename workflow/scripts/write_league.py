"""Write a league as a page whose tables sort."""

from pathlib import Path

from unlearning.artifacts.logs import log_to
from unlearning.artifacts.pages import save_page
from unlearning.artifacts.tables import load_table
from unlearning.league.page import league_page
from unlearning.league.records import described
from unlearning.study import exchange

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
page = league_page(
    load_table(source.standings),
    load_table(source.table),
    study=snakemake.wildcards.study,
    about=params.about,
    labels=params.labels,
    finding=Path(source.finding).read_text().strip(),
    picture=Path(source.picture).read_bytes(),
    left_out=params.left_out,
    merged=[
        described(record, path, params.facts)
        for path in source.get("merge", [])
        for record in exchange.read(path)
    ],
)
save_page(page, snakemake.output.page, snakemake.output.shown)
