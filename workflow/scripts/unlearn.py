"""Run one trajectory of an unlearning method from one chunk of pretrained members."""

import numpy as np

from unlearning import checkpoints, devices, prepared
from unlearning.artifacts import load_array, save_array, save_correct, save_record
from unlearning.logs import log_to
from unlearning.margins import stored
from unlearning.seeds import ensemble_seeds
from unlearning.unlearned import unlearn_members
from unlearning.weights import load_weights

log_to(snakemake.log[0])
checkpoint = checkpoints.of_job(snakemake)
study, members = snakemake.params.study, snakemake.params.members
unlearned, record = unlearn_members(
    prepared.load(*snakemake.input.data, devices.choose(snakemake.config["device"])),
    study,
    snakemake.wildcards.method,
    snakemake.params.run,
    snakemake.wildcards.forget_set,
    load_array(snakemake.input.forget_set, shape=(None,), dtype=np.int64),
    members,
    load_weights(
        snakemake.input.weights,
        ensemble_seeds(snakemake.params.source, study["seed"], "pretrained", "", members),
    ),
    checkpoint,
)
save_array(snakemake.output.margins, stored(unlearned.margins, snakemake.params.margins))
save_correct(snakemake.output.correct, unlearned.correct)
record["trajectory"] = snakemake.wildcards.trajectory
save_record(snakemake.output.record, record)
checkpoint.remove()
