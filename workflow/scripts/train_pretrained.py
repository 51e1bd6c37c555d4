"""Train one chunk of the ensemble that sees all training points."""

import numpy as np

from unlearning import checkpoints, devices, prepared
from unlearning.artifacts import save_array, save_correct, save_record
from unlearning.logs import log_to
from unlearning.members import train_members
from unlearning.weights import save_weights

log_to(snakemake.log[0])
checkpoint = checkpoints.of_job(snakemake)
dataset = prepared.load(*snakemake.input.data, devices.choose(snakemake.config["device"]))
study = snakemake.params.study
trained, record = train_members(
    dataset,
    study,
    "pretrained",
    "",
    snakemake.params.members,
    np.arange(dataset.n_train),
    [study["training"]["epochs"]],
    checkpoint,
)
save_weights(snakemake.output.weights, trained.weights, record["seeds"])
save_array(snakemake.output.margins, trained.margins[-1])
save_correct(snakemake.output.correct, trained.correct[-1])
save_record(snakemake.output.record, record)
checkpoint.remove()
