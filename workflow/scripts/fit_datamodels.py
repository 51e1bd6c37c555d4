"""Regress every training point's margin on which points the models saw."""

import numpy as np
import pandas as pd

from unlearning.artifacts.benchmarks import save_benchmark
from unlearning.artifacts.files import atomic, created_array, load_array, load_record, save_record
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.records import load_records
from unlearning.columns import of_record
from unlearning.datamodels.estimation import fit

log_to(snakemake.log[0])
load_records(
    snakemake.input.records,
    snakemake.params.members,
    study_seed=snakemake.params.seed,
    role="datamodel",
    forget_set="",
)
data = load_record(snakemake.input.data)
n_train, columns = data["n_train"], of_record(data)
membership = [
    load_array(path, shape=(len(chunk), n_train), dtype=np.bool_)
    for path, chunk in zip(snakemake.input.membership, snakemake.params.members, strict=True)
]
margins = [
    columns.mean(load_array(path, shape=(len(seen), None), dtype=np.float32))[:, :n_train]
    for path, seen in zip(snakemake.input.margins, membership, strict=True)
]
joined = np.concatenate(membership), np.concatenate(margins)
del membership, margins  # the pages of their files too
with created_array(snakemake.output.matrix, (n_train, n_train), np.float32) as weights:
    fitted = fit(
        *joined, seed=snakemake.params.seed, weights=weights, **snakemake.params.datamodels
    )
quality = fitted.quality
with atomic(snakemake.output.quality) as temporary:
    pd.DataFrame(
        {"score": quality.score, "mean_difference_score": quality.mean_difference_score}
    ).to_csv(temporary, index_label="target")
save_record(
    snakemake.output.record,
    {
        "penalty": fitted.penalty,
        "choice_scores": quality.choice_scores,
        "score": quality.score.mean(),
        "mean_difference_score": quality.mean_difference_score.mean(),
        "fit_models": len(quality.fit_models),
        "choice_models": len(quality.choice_models),
        "test_models": len(quality.test_models),
    },
)
save_benchmark(snakemake.log[0])
