"""Score what needs no unlearning: doing nothing, a second oracle ensemble, stopping early."""

import numpy as np

from unlearning.artifacts.files import load_array, load_record, save_array
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.stored import Reader, named
from unlearning.artifacts.tables import save_table
from unlearning.columns import of_record
from unlearning.scoring.rows import split_points
from unlearning.scoring.scores import Scoring
from unlearning.scoring.tables import Scorer, baseline_table

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
forget_set, epochs = snakemake.wildcards.forget_set, params.epochs
data = load_record(source.data)
columns = of_record(data)
sizes = data["n_train"], data["n_validation"]
reader = Reader(params.seed, params.source, columns.count)
oracle = reader.oracle(named(source, "oracle"), params.reference, forget_set, epochs)
second = reader.oracle(named(source, "second"), params.second, forget_set, epochs)
pretrained = reader.pretrained(named(source, "pretrained"), params.reference, epochs[-1])
scorer = Scorer(
    forget_set,
    split_points(load_array(source.forget_set, shape=(None,), dtype=np.int64), *sizes),
    oracle.margins(-1),
    epochs[-1],
    Scoring(**params.scoring, columns=columns),
)
table, deviations = baseline_table(scorer, pretrained, second, epochs)
save_table(snakemake.output.table, table)
save_array(snakemake.output.deviations, deviations)
