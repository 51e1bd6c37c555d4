"""Compare accuracy on a random forget set with that on the validation set, for every ensemble."""

import numpy as np

from unlearning.artifacts.files import load_array, load_record
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.stored import Reader, named
from unlearning.artifacts.tables import save_table
from unlearning.columns import of_record
from unlearning.scoring.accuracy_gaps import baseline, gap_table

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
forget_set, epochs = snakemake.wildcards.forget_set, params.oracle_epochs
data = load_record(source.data)
columns = of_record(data)
points = data["n_train"] + data["n_validation"]
reader = Reader(params.seed, params.source, columns.count)
pretrained = reader.pretrained(named(source, "pretrained"), params.members, epochs[-1])
oracle = reader.oracle(named(source, "oracle"), params.members, forget_set, epochs)
runs = reader.runs(named(source, "unlearned"), params.members, forget_set, params.runs)
table = gap_table(
    [
        (baseline("pretrained", 0), pretrained.correct(0)),
        (baseline("oracle", epochs[-1]), oracle.correct(-1)),
        *((columns, run.ensemble.correct(row)) for run in runs for row, columns in run.rows()),
    ],
    forget_set,
    load_array(source.forget_set, shape=(None,), dtype=np.int64),
    np.arange(data["n_train"], points),
)
save_table(snakemake.output[0], table)
