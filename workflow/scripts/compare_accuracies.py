"""Compare accuracy on a random forget set with that on the validation set, for every ensemble."""

import numpy as np

from unlearning.accuracy_gaps import baseline, gap_table, load_ensemble, unlearned
from unlearning.artifacts import atomic, load_array, load_record
from unlearning.logs import log_to

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
data = load_record(source.data)
points = data["n_train"] + data["n_validation"]
epochs = params.oracle_epochs
oracle = load_ensemble(source.oracle, params.sizes, (len(epochs),), points)
table = gap_table(
    [
        (baseline("pretrained", 0), load_ensemble(source.pretrained, params.sizes, (), points)),
        (baseline("oracle", epochs[-1]), oracle[-1]),
        *unlearned(params.runs, source.unlearned, params.sizes, points),
    ],
    snakemake.wildcards.forget_set,
    load_array(source.forget_set, shape=(None,), dtype=np.int64),
    np.arange(data["n_train"], points),
)
with atomic(snakemake.output[0]) as temporary:
    table.to_csv(temporary, index=False)
