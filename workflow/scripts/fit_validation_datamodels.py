"""Regress every validation point's margin on which training points the models saw."""

import numpy as np

from unlearning.artifacts.benchmarks import save_benchmark
from unlearning.artifacts.files import created_array, load_array, load_record, save_record
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.records import load_records
from unlearning.columns import of_record
from unlearning.datamodels.validation import fit_validation

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
load_records(
    source.records, params.members, study_seed=params.seed, role="datamodel", forget_set=""
)
facts, fitted = load_record(source.data), load_record(source.fit)
n_train, n_validation = facts["n_train"], facts["n_validation"]
columns = of_record(facts)
membership = [
    load_array(path, shape=(len(chunk), n_train), dtype=np.bool_)
    for path, chunk in zip(source.membership, params.members, strict=True)
]
margins = [
    columns.mean(load_array(path, shape=(len(seen), columns.count), dtype=np.float32))[:, n_train:]
    for path, seen in zip(source.margins, membership, strict=True)
]
with created_array(snakemake.output.matrix, (n_validation, n_train), np.float32) as weights:
    _, score = fit_validation(
        np.concatenate(membership),
        np.concatenate(margins),
        seed=params.seed,
        penalty=fitted["penalty"],
        choice_scores={float(key): score for key, score in fitted["choice_scores"].items()},
        weights=weights,
        **params.datamodels,
    )
save_record(
    snakemake.output.record,
    {"penalty": fitted["penalty"], "score": score.mean(), "train_score": fitted["score"]},
)
save_benchmark(snakemake.log[0])
