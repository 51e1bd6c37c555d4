"""Compare the records of other groups with the study's data and forget sets."""

import numpy as np

from unlearning.artifacts.files import load_array, load_record, save_record
from unlearning.artifacts.logs import log_to
from unlearning.league.records import merge
from unlearning.study import exchange

log_to(snakemake.log[0])
source = snakemake.input
indices = {
    name: load_array(path, shape=(None,), dtype=np.int64)
    for name, path in zip(snakemake.params.forget_sets, source.forget_sets, strict=True)
}
theirs = merge(
    source.merge,
    identifiers={name: exchange.points_digest(points) for name, points in indices.items()},
    points={name: len(points) for name, points in indices.items()},
    checksum=load_record(source.data)["checksum"],
)
save_record(snakemake.output[0], {"records": [each.record["sha256"] for each in theirs]})
