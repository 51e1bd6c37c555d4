"""Train one chunk of the ensemble that never sees the forget set."""

import numpy as np

from unlearning.artifacts.files import load_array, save_record
from unlearning.artifacts.logs import log_to
from unlearning.computing import devices, prepared
from unlearning.computing.execution import load_measured
from unlearning.ensembles import checkpoints, evaluations
from unlearning.ensembles.members import train_members

log_to(snakemake.log[0])
checkpoint = checkpoints.of_job(snakemake)
study, members = snakemake.params.study, snakemake.params.members
device = devices.choose(snakemake.config["device"], study["computing"]["deterministic"])
dataset = prepared.load(*snakemake.input.data, device)
forget = load_array(snakemake.input.forget_set, shape=(None,), dtype=np.int64)
shape = (len(snakemake.params.snapshots), len(members), len(dataset.data.labels))
with evaluations.on_disk(snakemake.output.margins, snakemake.output.correct, shape) as kept:
    _, record = train_members(
        dataset,
        study,
        "oracle",
        snakemake.wildcards.forget_set,
        members,
        np.setdiff1d(np.arange(dataset.n_train), forget),
        snakemake.params.snapshots,
        kept,
        checkpoint,
        load_measured(snakemake.input.strategies),
    )
save_record(snakemake.output.record, record)
checkpoint.remove()
