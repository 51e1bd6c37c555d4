"""Load a data set once: points, labels, the split, and what networks need to know of it."""

import logging
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from unlearning.artifacts.benchmarks import save_benchmark
from unlearning.artifacts.files import save_array, save_record
from unlearning.artifacts.logs import log_to
from unlearning.datasets.base import check_stated, checksum
from unlearning.datasets.images import normalisation, pad
from unlearning.datasets.sequences import lengths, twins
from unlearning.planning.disk import check_room

log_to(snakemake.log[0])
check_room(Path(snakemake.output.inputs).parent, snakemake.params.room)
wanted = snakemake.params.dataset
loader = import_module(f"unlearning.datasets.{wanted['name']}")
dataset = loader.load(
    n_train=wanted["train"],
    n_validation=wanted["validation"],
    seed=snakemake.params.seed,
    folder=wanted["folder"],
)
check_stated(dataset, loader.SIZE, loader.CLASSES, wanted["name"])
if wanted["pad_to"] is not None:
    padded = pad(dataset.images, wanted["pad_to"])
    dataset = replace(dataset, images=padded)
if dataset.kind == "sequences":
    copies = twins(dataset.tokens[: dataset.n_train])
    known = {
        "alphabet": dataset.alphabet,
        "lengths": lengths(dataset.tokens).tolist(),
        "training_twins": int((copies > 0).sum()),
    }
    logging.info(
        "%d of %d training sequences have a twin among them; none is in the validation split",
        known["training_twins"],
        dataset.n_train,
    )
elif wanted["normalisation"] is None:
    known = dict(zip(("mean", "std"), normalisation(dataset), strict=True))
else:
    known = {key: wanted["normalisation"][key] for key in ("mean", "std")}
save_array(snakemake.output.inputs, dataset.inputs)
save_array(snakemake.output.labels, dataset.labels)
save_record(
    snakemake.output.record,
    {
        "name": wanted["name"],
        "n_train": dataset.n_train,
        "n_validation": dataset.n_validation,
        "classes": dataset.classes,
        "groups": {name: [group.start, group.stop] for name, group in dataset.groups.items()},
        **known,
        "checksum": checksum(dataset),
    },
)
save_benchmark(snakemake.log[0])
