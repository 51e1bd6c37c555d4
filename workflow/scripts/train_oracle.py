"""Train one chunk of the ensemble that never sees the forget set."""

import numpy as np

from unlearning.artifacts.benchmarks import save_benchmark
from unlearning.artifacts.files import load_array, save_record
from unlearning.artifacts.logs import log_to
from unlearning.ensembles.chunk import of_job
from unlearning.ensembles.members import train_members

log_to(snakemake.log[0])
output, snapshots = snakemake.output, snakemake.params.snapshots
chunk = of_job(snakemake, "oracle", snakemake.wildcards.forget_set)
forget = load_array(snakemake.input.forget_set, shape=(None,), dtype=np.int64)
retain = np.setdiff1d(np.arange(chunk.prepared.n_train), forget)
with chunk.on_disk(output.margins, output.correct, len(snapshots)) as kept:
    _, record = train_members(chunk, retain, snapshots, kept)
save_record(output.record, record)
chunk.checkpoint.remove()
save_benchmark(snakemake.log[0])
