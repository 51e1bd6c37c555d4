"""Judge the paper's claims on a study, and write the answer as a table, a page and Markdown."""

from pathlib import Path

import pandas as pd

from unlearning.answer.claims import judge
from unlearning.answer.controls_findings import untold
from unlearning.answer.evidence import Evidence
from unlearning.answer.outcomes import baseline_rows
from unlearning.answer.page import answer_markdown, answer_page, captions
from unlearning.artifacts.files import atomic
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.pages import save_page
from unlearning.artifacts.tables import load_table
from unlearning.scoring.differences import read_scored

log_to(snakemake.log[0])
source, params, output = snakemake.input, snakemake.params, snakemake.output


def joined(paths) -> pd.DataFrame:
    """Return the rows of sealed tables, none where there is no table."""
    tables = [load_table(path) for path in ([paths] if isinstance(paths, str) else paths)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


evidence = Evidence(
    cells=joined(source.cells),
    parts=joined(source.parts),
    baselines=baseline_rows(read_scored(source.baselines, source.deviations)),
    selection=joined(source.selection),
    stopping=joined(source.stopping),
    stability=joined(source.stability),
    influence=joined(source.influence),
    accuracies=joined(source.accuracies),
    sizes=params.sizes,
)
verdicts, summary = judge(evidence), joined(source.summary)
findings = {
    name: Path(path).read_text().strip()
    for name, path in zip(params.findings, source.findings, strict=True)
}
pictures = {
    name: (Path(path).read_bytes(), text)
    for (name, text), path in zip(
        captions(verdicts, params.figures, findings).items(), source.figures, strict=True
    )
}
page = answer_page(
    verdicts,
    study=snakemake.wildcards.study,
    about=params.about,
    figures=pictures,
    confounders=summary,
    untold=untold(joined(source.protocols), evidence.cells),
)
texts = {
    output.csv: verdicts.to_csv(index=False),
    output.markdown: answer_markdown(verdicts, summary),
}
save_page(page, output.page, output.shown)
for path, text in texts.items():
    with atomic(path) as temporary:
        temporary.write_text(text)
