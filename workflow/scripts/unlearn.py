"""Run one trajectory of an unlearning method from one chunk of pretrained members."""

from importlib import import_module

import numpy as np

from unlearning import checkpoints, devices, prepared
from unlearning.artifacts import load_array, save_array, save_correct, save_record
from unlearning.logs import log_to
from unlearning.members import builder, stack_size
from unlearning.seeds import member_seeds
from unlearning.trajectories import unlearn_ensemble
from unlearning.weights import load_weights

log_to(snakemake.log[0])
checkpoint = checkpoints.beside(
    snakemake.output[0],
    snakemake.input,
    dict(snakemake.params.items()),
    snakemake.config["checkpoint_epochs"],
)
device = devices.choose(snakemake.config["device"])
dataset = prepared.load(*snakemake.input.data, device)
study, members, run = snakemake.params.study, snakemake.params.members, snakemake.params.run
forget = load_array(snakemake.input.forget_set, shape=(None,), dtype=np.int64)
forget = forget[: run["forget_limit"]]
seeds = member_seeds(study["seed"], "unlearned", snakemake.wildcards.forget_set, members)
batch = run["arguments"].get("batch_size", 1)
size = stack_size(study["members_per_stack"], study["model"], dataset, batch)
unlearned = unlearn_ensemble(
    import_module(f"unlearning.methods.{snakemake.wildcards.method}").unlearn,
    run["arguments"],
    builder(study["model"], dataset),
    load_weights(snakemake.input.weights, member_seeds(study["seed"], "pretrained", "", members)),
    dataset.data,
    forget,
    np.setdiff1d(np.arange(dataset.n_train), forget),
    seeds,
    snapshots=run["snapshots"],
    members_per_stack=size,
    shuffle=run["shuffle"],
    checkpoint=checkpoint,
)
save_array(snakemake.output.margins, unlearned.margins)
save_correct(snakemake.output.correct, unlearned.correct)
save_record(
    snakemake.output.record,
    {
        "members": members,
        "seeds": seeds,
        "snapshots": run["snapshots"],
        "sample_gradients": unlearned.sample_gradients,
        "seconds": unlearned.seconds,
        "members_per_stack": size,
        "resumed": checkpoint.resumed,
        **devices.report(device, len(members), unlearned.seconds[-1]),
    },
)
checkpoint.remove()
