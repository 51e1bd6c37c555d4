"""Check the data set and the forget sets of a study's config."""

from collections.abc import Iterator
from pathlib import Path

from unlearning.study.config_words import allowed, modules
from unlearning.study.data_sets import DataSet, facts, inputs, read_files
from unlearning.study.design import Config

#: The keys that each kind of forget set has, and whether it must.
FORGET_SET_KEYS = {
    "random": {"size", "seed"},
    "top": {"component", "size"},
    "bottom": {"component", "size"},
    "ends": {"component", "size"},
    "class": {"label", "size", "seed"},
    "group": {"group", "size", "seed"},
    "prefix": {"text"},
    "indices": {"file"},
    "published": {"number", "size"},
}

SMALLEST_IMAGE = {"resnet9": 12}

#: Architectures that take sequences; all others take images.
OF_SEQUENCES = ("transformer", "ngram")


def dataset_complaints(config: Config) -> Iterator[str]:
    """Yield what is wrong with ``dataset``, and with ``model`` on its images."""
    dataset, model = config["dataset"], config["model"]
    name = dataset["name"]
    try:
        known = facts(name)
    except ValueError as error:
        yield f"dataset.name: {error}"
        return
    if name not in modules("datasets"):
        yield f"dataset.name: {name!r} has no loader; {allowed(modules('datasets'))}"
    else:
        try:
            inputs(name)
        except ValueError as error:
            yield f"dataset.name: {error}"
    if model not in config["architectures"]:
        yield f"model: {model!r} is unknown; {allowed(config['architectures'])}"
    if model in config["architectures"] and (model in OF_SEQUENCES) != (known.kind == "sequences"):
        takes = "sequences" if model in OF_SEQUENCES else "images"
        fitting = [
            key
            for key in config["architectures"]
            if (key in OF_SEQUENCES) == (known.kind == "sequences")
        ]
        yield (f"model: {model} takes {takes}, and {name} has {known.kind}; {allowed(fitting)}")
    if known.kind == "sequences":
        for key in ("normalisation", "pad_to"):
            if dataset[key] is not None:
                yield f"dataset.{key}: is of images, and {name} has sequences; set null"
    yield from _count_complaints(dataset, known)
    if known.reads_no_files and dataset["folder"] is not None:
        yield f"dataset.folder: must be null for {name}, which reads no files"
    if known.needs_folder and dataset["folder"] is None:
        yield f"dataset.folder: must be that of a copy for {name}, which cannot be downloaded"
    elif known.reads is not None and not read_files(dataset):
        yield f"dataset.folder: {dataset['folder']} is no folder with files {known.reads}"
    for key, values in (dataset["normalisation"] or {}).items():
        if len(values) != known.channels:
            yield (
                f"dataset.normalisation.{key}: {len(values)} numbers for images of "
                f"{known.channels} channels"
            )
    size, pad_to = known.side, dataset["pad_to"]
    if size is not None and pad_to is not None and pad_to < size:
        yield f"dataset.pad_to: {pad_to} is less than the {size} pixels a side of the images"
    smallest = SMALLEST_IMAGE.get(model, 1)
    if size is not None and (pad_to or size) < smallest:
        yield (
            f"dataset.pad_to: {model} needs images of at least {smallest} pixels a side, "
            f"these have {size}: set pad_to: {smallest} or more"
        )


def _count_complaints(dataset: Config, known: DataSet) -> Iterator[str]:
    """Yield what is wrong with the numbers of images, as far as is known before they are read."""
    name = dataset["name"]
    for key, there in (("train", known.train), ("validation", known.validation)):
        if dataset[key] % known.parts:
            parts = "classes" if known.kind == "images" else "groups"
            yield f"dataset.{key}: {dataset[key]} must be a multiple of {known.parts}, its {parts}"
        if there is not None and dataset[key] > there:
            yield f"dataset.{key}: {dataset[key]} is more than the {there} {known.kind} of {name}"
    total = dataset["train"] + dataset["validation"]
    if known.together is not None and total > known.together:
        yield (
            f"dataset.train: {dataset['train']} and dataset.validation, {dataset['validation']}, "
            f"are more than the {known.together} {known.kind} of {name}"
        )


def forget_set_complaints(key: str, definition: Config, config: Config) -> Iterator[str]:
    """Yield what is wrong with a forget set, as far as is known before any job."""
    kind, train = definition["kind"], config["dataset"]["train"]
    wanted = FORGET_SET_KEYS[kind]
    given = definition.keys() - {"kind"}
    if given != wanted:
        yield f"{key}: kind {kind} takes exactly {sorted(wanted)}, got {sorted(given)}"
        return
    size, known = definition.get("size"), facts(config["dataset"]["name"])
    if size is None and kind in ("random", "top", "bottom", "ends", "published"):
        yield f"{key}.size: must be a number for kind {kind}"
    if size is not None and size >= train:
        yield f"{key}.size: {size} leaves nothing to retain of {train} training {known.kind}"
    if kind == "ends" and size is not None and size % 2:
        yield f"{key}.size: {size} must be even, half of it from each end"
    computed = config["datamodels"]["components"]
    if definition.get("component", 1) > computed:
        yield (
            f"{key}.component: {definition['component']} is not computed; "
            f"datamodels.components is {computed}"
        )
    if kind == "class" and known.kind == "sequences":
        yield f"{key}: kind class is of images; sequences have groups: write kind group"
        return
    if kind == "prefix":
        yield from _prefix_complaints(key, definition["text"], known, config["dataset"]["name"])
    if kind in ("class", "group"):
        yield from _part_complaints(key, definition, config["dataset"])
    if kind == "indices":
        yield from _index_file_complaints(key, definition["file"], train)


def _prefix_complaints(key: str, text: str, known: DataSet, name: str) -> Iterator[str]:
    """Yield what is wrong with a beginning that forgotten sequences have in common."""
    if known.kind != "sequences":
        yield f"{key}: kind prefix is of sequences, and {name} has images"
    elif known.context is not None and len(text) >= known.context:
        yield (
            f"{key}.text: {text!r} is longer than a sequence of {name}, which has "
            f"{known.context - 1} characters at most"
        )


def _part_complaints(key: str, definition: Config, dataset: Config) -> Iterator[str]:
    """Yield what is wrong with a part of a class or of a group, where the data set is known."""
    name, known, kind = dataset["name"], facts(dataset["name"]), definition["kind"]
    if kind == "class" and known.classes is not None and definition["label"] >= known.classes:
        yield (
            f"{key}.label: {definition['label']} is no class of {name}, "
            f"whose labels are 0 to {known.classes - 1}"
        )
    if kind == "group" and known.groups is not None and definition["group"] not in known.groups:
        there = f"; {allowed(known.groups)}" if known.groups else ", which has none"
        yield f"{key}.group: {definition['group']!r} is no group of {name}{there}"
    size = definition["size"]
    if kind == "class" and None not in (size, known.largest_class) and size > known.largest_class:
        yield (
            f"{key}.size: {size} is more than a class of {name} has training images, "
            f"{known.largest_class} at most"
        )
    if known.parts > 1 and size is not None:
        equal = known.parts if kind == "group" else known.classes or 1
        if size > dataset["train"] // equal:
            yield (
                f"{key}.size: {size} is more than the {dataset['train'] // equal} "
                f"training {known.kind} of one {kind}"
            )


def _index_file_complaints(key: str, file: str, train: int) -> Iterator[str]:
    if not Path(file).is_file():
        yield f"{key}.file: {file} is not a file"
        return
    # Only studies with index files pay for importing numpy here.
    from unlearning.forget_sets import read_indices, validate

    try:
        validate(read_indices(file), train, key.removeprefix("forget_sets."))
    except ValueError as error:
        yield f"{key}.file: {file}: {error}"
