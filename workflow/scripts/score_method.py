"""Score every snapshot of a method's trajectories on one forget set."""

import numpy as np

from unlearning.artifacts import atomic, load_array, load_record, save_array
from unlearning.logs import log_to
from unlearning.score_tables import Ensembles, method_table
from unlearning.scores import Scoring, read_scores

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
data = load_record(source.data)
forget = load_array(source.forget_set, shape=(None,), dtype=np.int64)
ensembles = Ensembles(data["n_train"], data["n_validation"], forget, Scoring(**params.scoring))
oracle = ensembles.load_margins(source.oracle, params.sizes, len(params.oracle_epochs))
table, points = method_table(
    ensembles,
    oracle(-1),
    snakemake.wildcards.method,
    snakemake.wildcards.forget_set,
    params.runs,
    {"margins": source.margins, "correct": source.correct, "records": source.records},
    params.sizes,
    params.oracle_epochs[-1],
    read_scores([source.baselines]),
)
with atomic(snakemake.output.table) as temporary:
    table.to_csv(temporary, index=False)
save_array(snakemake.output.points, points)
