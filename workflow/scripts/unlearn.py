"""Run one trajectory of an unlearning method from one chunk of pretrained members."""

import numpy as np

from unlearning.artifacts.files import load_array, save_record
from unlearning.artifacts.logs import log_to
from unlearning.computing import devices, prepared
from unlearning.computing.execution import load_measured
from unlearning.ensembles import checkpoints, evaluations
from unlearning.networks.weights import load_weights
from unlearning.study.seeds import ensemble_seeds
from unlearning.trajectories.unlearned import unlearn_members

log_to(snakemake.log[0])
checkpoint = checkpoints.of_job(snakemake)
params, wildcards, config = snakemake.params, snakemake.wildcards, snakemake.config
study, members = params.study, params.members
device = devices.choose(config["device"], study["computing"]["deterministic"])
dataset = prepared.load(*snakemake.input.data, device)
shape = (len(params.run["snapshots"]), len(members), len(dataset.data.labels))
files = snakemake.output.margins, snakemake.output.correct
with evaluations.on_disk(*files, shape, dtype=params.margins) as kept:
    record = unlearn_members(
        dataset,
        study,
        wildcards.method,
        params.run,
        wildcards.forget_set,
        load_array(snakemake.input.forget_set, shape=(None,), dtype=np.int64),
        members,
        load_weights(
            snakemake.input.weights,
            ensemble_seeds(params.source, study["seed"], "pretrained", "", members),
        ),
        kept,
        checkpoint,
        load_measured(snakemake.input.strategies),
    )
save_record(snakemake.output.record, {**record, "trajectory": wildcards.trajectory})
checkpoint.remove()
