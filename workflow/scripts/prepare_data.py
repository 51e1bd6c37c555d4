"""Load a data set once: images, labels, the split and what normalises it."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

from unlearning.artifacts.benchmarks import save_benchmark
from unlearning.artifacts.files import save_array, save_record
from unlearning.artifacts.logs import log_to
from unlearning.datasets.base import check_stated, checksum, normalisation, pad
from unlearning.planning.disk import check_room

log_to(snakemake.log[0])
check_room(Path(snakemake.output.images).parent, snakemake.params.room)
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
if wanted["normalisation"] is None:
    mean, std = normalisation(dataset)
else:
    mean, std = wanted["normalisation"]["mean"], wanted["normalisation"]["std"]
save_array(snakemake.output.images, dataset.images)
save_array(snakemake.output.labels, dataset.labels)
save_record(
    snakemake.output.record,
    {
        "name": wanted["name"],
        "n_train": dataset.n_train,
        "n_validation": dataset.n_validation,
        "classes": dataset.classes,
        "groups": {name: [group.start, group.stop] for name, group in dataset.groups.items()},
        "mean": mean,
        "std": std,
        "checksum": checksum(dataset),
    },
)
save_benchmark(snakemake.log[0])
