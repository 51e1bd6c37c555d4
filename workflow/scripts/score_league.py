"""Hold all methods of a study against each other at equal cost, those of other groups beside."""

import numpy as np
import pandas as pd

from unlearning.artifacts.files import atomic, load_array, load_record
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import save_table
from unlearning.league.chosen import choose
from unlearning.league.excess import measure
from unlearning.league.front import all_runs, mark, with_front
from unlearning.league.ranks import chained, standings
from unlearning.league.records import merge, to_records
from unlearning.scoring.differences import read_scored
from unlearning.study import exchange

log_to(snakemake.log[0])
source, params, output = snakemake.input, snakemake.params, snakemake.output
names = params.forget_sets
data = load_record(source.data)
indices = {
    name: load_array(path, shape=(None,), dtype=np.int64)
    for name, path in zip(names, source.forget_sets, strict=True)
}
identifiers = {name: exchange.points_digest(points) for name, points in indices.items()}
theirs = merge(
    source.get("merge", []),
    identifiers=identifiers,
    points={name: len(points) for name, points in indices.items()},
    checksum=data["checksum"],
)
excess = measure(read_scored(source.tables, source.deviations))
of_study = {"forget_sets": names, "methods": params.methods, "told": params.told}
ours = choose(excess, budgets=params.facts["budgets"], **of_study)
runs = all_runs(excess, **of_study)
repeats = excess.moved.shape[1]
every = ours.joined([each.chosen(params.facts["budgets"], repeats=repeats) for each in theirs])
found = pd.concat([runs, *(each.front() for each in theirs)], ignore_index=True)
found = with_front(found)
save_table(output.csv, mark(every.table, found))
save_table(output.runs, found)
seed = params.facts["seed"]
chains = chained([indices[name] for name in names], params.chains)
save_table(output.standings, standings(every, forget_sets=names, chains=chains, seed=seed))
facts = {
    **params.facts,
    "config_sha256": params.config,
    "data": {key: data[key] for key in ("name", "n_train", "n_validation", "checksum")},
}
records = to_records(
    ours,
    runs,
    facts=facts,
    forget_sets=[
        {
            "name": name,
            "label": params.labels[name],
            "points": len(indices[name]),
            "sha256": identifiers[name],
        }
        for name in names
    ],
    stanzas=params.stanzas,
    code=params.code,
)
with atomic(output.json) as temporary:
    temporary.write_text(exchange.written(records))
