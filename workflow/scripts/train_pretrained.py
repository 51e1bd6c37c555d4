"""Train one chunk of the ensemble that sees all training points."""

import numpy as np

from unlearning.artifacts.benchmarks import save_benchmark
from unlearning.artifacts.files import save_record
from unlearning.artifacts.logs import log_to
from unlearning.ensembles.chunk import of_job
from unlearning.ensembles.early import EarlyWeights
from unlearning.ensembles.members import train_members
from unlearning.networks.weights import save_weights

log_to(snakemake.log[0])
output = snakemake.output
chunk = of_job(snakemake, "pretrained")
points, last = np.arange(chunk.prepared.n_train), chunk.study["training"]["epochs"]
early = EarlyWeights(chunk.study.get("early_epochs", []))
with chunk.on_disk(output.margins, output.correct, None) as kept:
    weights, record = train_members(chunk, points, [last], kept, early)
save_weights(output.weights, weights, record["seeds"])
if early.epochs:
    save_weights(output.early[0], early.joined(), record["seeds"])
save_record(output.record, record)
chunk.checkpoint.remove()
save_benchmark(snakemake.log[0])
