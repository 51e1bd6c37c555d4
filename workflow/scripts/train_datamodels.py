"""Train one chunk of models on random subsets, to regress margins on membership."""

import numpy as np

from unlearning import checkpoints, devices, prepared
from unlearning.artifacts import save_array, save_record
from unlearning.logs import log_to
from unlearning.members import random_subsets, train_members

log_to(snakemake.log[0])
checkpoint = checkpoints.of_job(snakemake)
dataset = prepared.load(*snakemake.input.data, devices.choose(snakemake.config["device"]))
study, members = snakemake.params.study, snakemake.params.members
subsets = random_subsets(study["seed"], members, dataset.n_train, snakemake.params.subset_fraction)
trained, record = train_members(
    dataset, study, "datamodel", "", members, subsets, [study["training"]["epochs"]], checkpoint
)
membership = np.zeros((len(members), dataset.n_train), dtype=np.bool_)
np.put_along_axis(membership, subsets, True, axis=1)
save_array(snakemake.output.membership, membership)
save_array(snakemake.output.margins, trained.margins[-1])
save_record(snakemake.output.record, record)
checkpoint.remove()
