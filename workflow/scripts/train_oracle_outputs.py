"""Train further oracles of a forget set, and keep their logits for methods that match them."""

import numpy as np

from unlearning.artifacts.benchmarks import save_benchmark
from unlearning.artifacts.files import load_array, save_array, save_record
from unlearning.artifacts.logs import log_to
from unlearning.ensembles.chunk import of_job
from unlearning.ensembles.members import member_logits, train_members

log_to(snakemake.log[0])
output = snakemake.output
chunk = of_job(snakemake, "oracle", snakemake.wildcards.forget_set)
forget = load_array(snakemake.input.forget_set, shape=(None,), dtype=np.int64)
retain = np.setdiff1d(np.arange(chunk.prepared.n_train), forget)
epochs = chunk.study["training"]["epochs"]
weights, record = train_members(chunk, retain, [epochs], chunk.in_memory(1))
save_array(output.outputs, member_logits(chunk, weights))
gradients = len(chunk.members) * epochs * len(retain)
save_record(output.record, {**record, "sample_gradients": gradients})
chunk.checkpoint.remove()
save_benchmark(snakemake.log[0])
