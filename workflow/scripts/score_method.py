"""Score every snapshot of a method's trajectories on one forget set."""

import numpy as np

from unlearning.artifacts.files import load_array, load_record, save_array
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.records import load_records, load_run_records
from unlearning.artifacts.tables import save_table
from unlearning.scoring.scores import Scoring, read_scores
from unlearning.scoring.tables import Ensembles, method_table

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
data = load_record(source.data)
forget = load_array(source.forget_set, shape=(None,), dtype=np.int64)
ensembles = Ensembles(data["n_train"], data["n_validation"], forget, Scoring(**params.scoring))
members, forget_set = params.members, snakemake.wildcards.forget_set
of_study = {"study_seed": params.seed, "forget_set": forget_set}
load_records(
    source.oracle_records,
    members,
    role="oracle",
    source=params.source,
    epochs=params.oracle_epochs,
    **of_study,
)
sizes = [len(chunk) for chunk in members]
oracle = ensembles.load_margins(source.oracle, sizes, len(params.oracle_epochs))
table, points = method_table(
    ensembles,
    oracle(-1),
    snakemake.wildcards.method,
    forget_set,
    params.runs,
    {"margins": source.margins, "correct": source.correct},
    load_run_records(
        source.records, params.runs, members, method=snakemake.wildcards.method, **of_study
    ),
    sizes,
    params.oracle_epochs[-1],
    read_scores([source.baselines]),
    params.margins,
)
save_table(snakemake.output.table, table)
save_array(snakemake.output.points, points)
