"""Train one chunk of models on random subsets, to regress margins on membership."""

import numpy as np

from unlearning.artifacts.files import save_array, save_record
from unlearning.artifacts.logs import log_to
from unlearning.computing import devices, prepared
from unlearning.computing.execution import load_measured
from unlearning.ensembles import checkpoints, evaluations
from unlearning.ensembles.members import random_subsets, train_members

log_to(snakemake.log[0])
checkpoint = checkpoints.of_job(snakemake)
study, members = snakemake.params.study, snakemake.params.members
device = devices.choose(snakemake.config["device"], study["computing"]["deterministic"])
dataset = prepared.load(*snakemake.input.data, device)
subsets = random_subsets(study["seed"], members, dataset.n_train, snakemake.params.subset_fraction)
kept = evaluations.in_memory(1, len(members), len(dataset.data.labels))
_, record = train_members(
    dataset,
    study,
    "datamodel",
    "",
    members,
    subsets,
    [study["training"]["epochs"]],
    kept,
    checkpoint,
    load_measured(snakemake.input.strategies),
)
membership = np.zeros((len(members), dataset.n_train), dtype=np.bool_)
np.put_along_axis(membership, subsets, True, axis=1)
save_array(snakemake.output.membership, membership)
save_array(snakemake.output.margins, kept.margins[0])
save_record(snakemake.output.record, record)
checkpoint.remove()
