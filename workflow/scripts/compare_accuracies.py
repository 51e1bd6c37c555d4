"""Compare accuracy on a random forget set with that on the validation set, for every ensemble."""

import numpy as np

from unlearning.artifacts.files import load_array, load_record
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.records import load_records, load_run_records
from unlearning.artifacts.tables import save_table
from unlearning.scoring.accuracy_gaps import baseline, gap_table, load_ensemble, unlearned

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
data = load_record(source.data)
points = data["n_train"] + data["n_validation"]
epochs, members, forget_set = params.oracle_epochs, params.members, snakemake.wildcards.forget_set
for role, left_out, axis in (("pretrained", "", epochs[-1:]), ("oracle", forget_set, epochs)):
    load_records(
        source[f"{role}_records"],
        members,
        study_seed=params.seed,
        source=params.source,
        role=role,
        forget_set=left_out,
        epochs=axis,
    )
load_run_records(
    source.unlearned_records, params.runs, members, study_seed=params.seed, forget_set=forget_set
)
sizes = [len(chunk) for chunk in members]
oracle = load_ensemble(source.oracle, sizes, (len(epochs),), points)
table = gap_table(
    [
        (baseline("pretrained", 0), load_ensemble(source.pretrained, sizes, (), points)),
        (baseline("oracle", epochs[-1]), oracle[-1]),
        *unlearned(params.runs, source.unlearned, sizes, points),
    ],
    forget_set,
    load_array(source.forget_set, shape=(None,), dtype=np.int64),
    np.arange(data["n_train"], points),
)
save_table(snakemake.output[0], table)
