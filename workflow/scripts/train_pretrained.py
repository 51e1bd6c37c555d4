"""Train one chunk of the ensemble that sees all training points."""

import numpy as np

from unlearning.artifacts.files import save_record
from unlearning.artifacts.logs import log_to
from unlearning.computing import devices, prepared
from unlearning.computing.execution import load_measured
from unlearning.ensembles import checkpoints, evaluations
from unlearning.ensembles.members import train_members
from unlearning.networks.weights import save_weights

log_to(snakemake.log[0])
checkpoint = checkpoints.of_job(snakemake)
study, members = snakemake.params.study, snakemake.params.members
device = devices.choose(snakemake.config["device"], study["computing"]["deterministic"])
dataset = prepared.load(*snakemake.input.data, device)
shape = (1, len(members), len(dataset.data.labels))
files = snakemake.output.margins, snakemake.output.correct
with evaluations.on_disk(*files, shape, single=True) as kept:
    weights, record = train_members(
        dataset,
        study,
        "pretrained",
        "",
        members,
        np.arange(dataset.n_train),
        [study["training"]["epochs"]],
        kept,
        checkpoint,
        load_measured(snakemake.input.strategies),
    )
save_weights(snakemake.output.weights, weights, record["seeds"])
save_record(snakemake.output.record, record)
checkpoint.remove()
