"""Score subsamples of the members of every run on one forget set, and how they order the runs."""

import numpy as np

from unlearning.answer.stability_table import Study, subsampled_tables
from unlearning.artifacts.files import load_array, load_record
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.stored import Reader, named
from unlearning.artifacts.tables import save_table
from unlearning.columns import of_record
from unlearning.scoring.differences import read_scored
from unlearning.scoring.rows import split_points
from unlearning.scoring.scores import Scoring

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
forget_set, epochs = snakemake.wildcards.forget_set, params.oracle_epochs
data = load_record(source.data)
columns = of_record(data)
sizes = data["n_train"], data["n_validation"]
reader = Reader(params.seed, params.source, columns.count)
oracles = [*params.members, *params.second]
scores, ranking = subsampled_tables(
    Study(
        forget_set,
        split_points(load_array(source.forget_set, shape=(None,), dtype=np.int64), *sizes),
        Scoring(**params.scoring, columns=columns),
        params.sizes,
        params.gaussian_sizes,
        params.subsamples,
    ),
    reader.oracle(named(source, "oracle"), oracles, forget_set, epochs).margins(-1),
    reader.pretrained(named(source, "pretrained"), params.members, epochs[-1]).margins(0),
    reader.runs(
        named(source, "unlearned"), params.members, forget_set, params.runs, params.margins
    ),
    read_scored(source.tables, source.deviations),
)
save_table(snakemake.output.scores, scores)
save_table(snakemake.output.ranking, ranking)
