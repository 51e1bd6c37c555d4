"""Choose points of a forget set, and count their margins under every run."""

from itertools import chain, repeat

import numpy as np
import pandas as pd

from unlearning.artifacts.files import load_array, load_record, save_array
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.stored import Reader, named
from unlearning.artifacts.tables import load_table, save_table
from unlearning.columns import of_record
from unlearning.exploring import points
from unlearning.exploring.histograms import bins, histograms
from unlearning.exploring.points import RUN
from unlearning.scoring.rows import split_points
from unlearning.scoring.scores import Scoring, clipped
from unlearning.scoring.tables import baseline_cases

log_to(snakemake.log[0])
source, params, output = snakemake.input, snakemake.params, snakemake.output
forget_set, epochs = snakemake.wildcards.forget_set, params.epochs
inputs, _, record = source.data
data = load_record(record)
columns = of_record(data)
scoring = Scoring(**params.scoring, columns=columns)
sizes = data["n_train"], data["n_validation"]
splits = split_points(load_array(source.forget_set, shape=(None,), dtype=np.int64), *sizes)
tables = [load_table(path)[RUN].drop_duplicates() for path in source.tables]
every, shape = sum(sizes), 1 if "lengths" in data else 3


def scored():
    """Yield the KLoM of all points, method after method: no two are in memory together."""
    for table, path in zip(tables, source.points, strict=True):
        yield load_array(path, shape=(len(table), every), dtype=np.float32)


mean, often = points.mean_klom(scored()), points.most_often_worst(scored(), splits)
reader = Reader(params.seed, params.source, columns.count)
oracle = reader.oracle(named(source, "oracle"), params.reference, forget_set, epochs).margins(-1)
second = reader.oracle(named(source, "second"), params.second, forget_set, epochs)
pretrained = reader.pretrained(named(source, "pretrained"), params.reference, epochs[-1])
baselines = list(baseline_cases(pretrained, second, epochs))
stated = pd.DataFrame([{"forget_set": forget_set, **columns} for columns, _, _ in baselines])
numbers = points.how_many(
    sets=params.sets,
    runs=len(stated) + sum(map(len, tables)),
    members=len(oracle),
    bins=bins(scoring.variant),
    image=load_array(inputs, shape=(every, *[None] * shape), dtype=np.uint8).shape[1:],
)
chosen = points.choose(mean, often, splits, numbers)
worst = map(points.worst, tables, scored(), repeat(splits), repeat(chosen))
shown = chosen["point"].to_numpy(int)
places, scoring = columns.of(shown), scoring.at(shown)
trajectories = reader.runs(
    named(source, "unlearned"), params.reference, forget_set, params.runs, params.margins
)
ensembles = chain(
    (ensemble.margins(snapshot)[:, places] for _, ensemble, snapshot in baselines),
    (run.ensemble.margins(row)[:, places] for run in trajectories for row, _ in run.rows()),
)
found = histograms(ensembles, oracle[:, places], scoring)
kept = np.stack([oracle[:, places], pretrained.margins(0)[:, places]])
kept = columns.part(shown).mean(clipped(kept, scoring.clip))
save_table(output.points, chosen)
save_table(output.runs, pd.concat([stated[RUN], *worst], ignore_index=True))
save_array(output.counts, found.counts)
save_array(output.measured, found.measured)
save_array(output.margins, kept)
