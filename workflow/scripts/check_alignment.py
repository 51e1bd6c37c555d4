"""Refuse oracles whose points are not those of the pretrained members."""

import numpy as np

from unlearning.artifacts.files import load_array, load_record, save_record
from unlearning.artifacts.logs import log_to
from unlearning.published.checks import check_alignment

log_to(snakemake.log[0])
source, data = snakemake.input, load_record(snakemake.input.data)
points = data["n_train"] + data["n_validation"]
pretrained = [
    load_array(path, shape=(None, points), dtype=np.float32) for path in source.pretrained
]
oracle = [load_array(path, shape=(1, None, points), dtype=np.float32)[0] for path in source.oracle]
found = check_alignment(
    np.concatenate(pretrained),
    np.concatenate(oracle),
    load_array(source.forget_set, shape=(None,), dtype=np.int64),
    f"{snakemake.params.source}, forget set {snakemake.wildcards.forget_set}",
    n_train=data["n_train"],
)
save_record(snakemake.output[0], {"retain_p95": found.score, "noise_floor": found.floor})
