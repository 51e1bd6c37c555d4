"""Train one chunk of models on random subsets, to regress margins on membership."""

import numpy as np

from unlearning.artifacts.benchmarks import save_benchmark
from unlearning.artifacts.files import save_array, save_record
from unlearning.artifacts.logs import log_to
from unlearning.ensembles.chunk import of_job
from unlearning.ensembles.members import random_subsets, train_members

log_to(snakemake.log[0])
output, fraction = snakemake.output, snakemake.params.subset_fraction
chunk = of_job(snakemake, "datamodel")
members, n_train = chunk.members, chunk.prepared.n_train
subsets = random_subsets(chunk.study["seed"], members, n_train, fraction)
kept = chunk.in_memory(1)
_, record = train_members(chunk, subsets, [chunk.study["training"]["epochs"]], kept)
membership = np.zeros((len(members), n_train), dtype=np.bool_)
np.put_along_axis(membership, subsets, True, axis=1)
save_array(output.membership, membership)
save_array(output.margins, kept.margins[0])
save_record(output.record, record)
chunk.checkpoint.remove()
save_benchmark(snakemake.log[0])
