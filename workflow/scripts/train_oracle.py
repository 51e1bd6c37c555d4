"""Train one chunk of the ensemble that never sees the forget set."""

import numpy as np

from unlearning import checkpoints, devices, prepared
from unlearning.artifacts import load_array, save_array, save_correct, save_record
from unlearning.logs import log_to
from unlearning.members import train_members

log_to(snakemake.log[0])
checkpoint = checkpoints.of_job(snakemake)
dataset = prepared.load(*snakemake.input.data, devices.choose(snakemake.config["device"]))
forget = load_array(snakemake.input.forget_set, shape=(None,), dtype=np.int64)
trained, record = train_members(
    dataset,
    snakemake.params.study,
    "oracle",
    snakemake.wildcards.forget_set,
    snakemake.params.members,
    np.setdiff1d(np.arange(dataset.n_train), forget),
    snakemake.params.snapshots,
    checkpoint,
)
save_array(snakemake.output.margins, trained.margins)
save_correct(snakemake.output.correct, trained.correct)
save_record(snakemake.output.record, record)
checkpoint.remove()
