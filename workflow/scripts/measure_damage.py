"""Measure what unlearning a forget set of a family did to points not to be forgotten."""

import numpy as np

from unlearning.answer.damage import Margins, damage_table
from unlearning.artifacts.files import load_array, load_record
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.stored import Reader, named
from unlearning.artifacts.tables import save_table
from unlearning.columns import of_record
from unlearning.scoring.rows import split_points
from unlearning.scoring.scores import Scoring

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
forget_set, epochs = snakemake.wildcards.forget_set, params.oracle_epochs
data = load_record(source.data)
columns = of_record(data)
sizes = data["n_train"], data["n_validation"]
reader = Reader(params.seed, params.source, columns.count)
members, others, described = (params.family[key] for key in ("members", "others", "run"))
pretrained = reader.pretrained(named(source, "pretrained"), members, epochs[-1])
unlearned = named(source, "unlearned")
(run,) = reader.runs(unlearned, members, forget_set, [described], params.margins)
references = {}
for against in params.family["against"]:
    if against == "oracles":
        found = reader.oracle(named(source, "oracle"), members, forget_set, epochs)
    else:
        found = reader.pretrained(named(source, "others"), others, epochs[-1])
    references[against] = found.margins(-1)
table = damage_table(
    Margins(pretrained.margins(0), pretrained.correct(0)),
    Margins(run.ensemble.margins(0), run.ensemble.correct(0)),
    references,
    split_points(load_array(source.forget_set, shape=(None,), dtype=np.int64), *sizes),
    Scoring(**params.scoring, columns=columns),
    forget_set,
)
save_table(snakemake.output[0], table)
