"""Run one trajectory of an unlearning method from one chunk of pretrained members."""

from importlib import import_module

import numpy as np

from unlearning.artifacts.benchmarks import save_benchmark
from unlearning.artifacts.files import load_array, save_record
from unlearning.artifacts.logs import log_to
from unlearning.ensembles.chunk import of_job
from unlearning.networks.weights import load_weights
from unlearning.study.seeds import ensemble_seeds
from unlearning.trajectories.given import load_given
from unlearning.trajectories.loading import load
from unlearning.trajectories.unlearned import unlearn_members

log_to(snakemake.log[0])
source, output, params = snakemake.input, snakemake.output, snakemake.params
method, trajectory = snakemake.wildcards.method, snakemake.wildcards.trajectory
chunk = of_job(snakemake, "unlearned", snakemake.wildcards.forget_set)
seeds = ensemble_seeds(params.source, chunk.study["seed"], "pretrained", "", chunk.members)
weights = load_weights(source.weights, seeds)
asked = params.run.get("needs", {})
files = {need: getattr(source, said.get("input", need)) for need, said in asked.items()}
given = load_given(asked, files, chunk, weights, seeds)
file = snakemake.config["methods"][method].get("file")
unlearn = load(file) if file else import_module(f"unlearning.methods.{method}").unlearn
length = len(params.run["snapshots"])
with chunk.on_disk(output.margins, output.correct, length, params.margins) as kept:
    record = unlearn_members(
        chunk,
        unlearn,
        params.run,
        load_array(source.forget_set, shape=(None,), dtype=np.int64),
        weights,
        kept,
        given,
    )
save_record(output.record, {**record, "method": method, "trajectory": trajectory})
chunk.checkpoint.remove()
save_benchmark(snakemake.log[0])
