"""Check a study's config before anything is computed; every complaint names its key."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from unlearning.study.config_methods import method_complaints
from unlearning.study.config_published import published_complaints
from unlearning.study.config_words import allowed, modules
from unlearning.study.design import Config
from unlearning.study.strategies import LAYOUTS

SCHEMA = Path(__file__).with_name("config.schema.yaml")

#: What a study can be asked for: the rules of these names.
TARGETS = (
    "all",
    "scores",
    "forget_sets",
    *(f"fig{number}" for number in range(1, 8)),
    "table1",
    "compare",
    "random_sets",
    "theory",
    "provenance",
)

#: The data sets of Table 1 that have a loader.
TABLE1_DATASETS = ("fashion_mnist",)

#: The keys that each kind of forget set has, and whether it must.
FORGET_SET_KEYS = {
    "random": {"size", "seed"},
    "top": {"component", "size"},
    "ends": {"component", "size"},
    "class": {"label", "size", "seed"},
    "group": {"group", "size", "seed"},
    "indices": {"file"},
    "published": {"number", "size"},
}

SMALLEST_IMAGE = {"resnet9": 12}
IMAGE_SIZE = {"digits": 8, "synthetic": 8, "fashion_mnist": 28, "cifar10": 32, "living17": 224}
#: Of data sets that have more than one.
CHANNELS = {"cifar10": 3, "living17": 3}
#: Data sets that give as many images of each of so many classes.
EQUAL_PARTS = {"living17": 68}


def drop_absent(config: Config) -> None:
    """Take null keys out of the forget sets, in place: so an overlay replaces a definition.

    Where a kind has a size, null means all of a class or a group, and stays.
    """
    for definition in config["forget_sets"].values():
        kept = {"size"} & FORGET_SET_KEYS.get(str(definition.get("kind")), {"size"})
        for key in [key for key, value in definition.items() if value is None and key not in kept]:
            del definition[key]


def check(config: Config) -> None:
    """Refuse a config that cannot be run, in one sentence.

    Parameters
    ----------
    config : the study, after overlays have been merged

    Raises
    ------
    ValueError
        Names the first key that is wrong, its value and what is allowed.
    """
    _check_schema(config)
    for complaint in _complaints(config):
        raise ValueError(f"config: {complaint}")


def _check_schema(config: Config) -> None:
    schema = yaml.safe_load(SCHEMA.read_text())
    error = best_match(Draft202012Validator(schema).iter_errors(config))
    if error is not None:
        raise ValueError(f"config: {_explain(error)}")


def _explain(error: ValidationError) -> str:
    key = ".".join(str(part) for part in error.absolute_path) or "top level"
    text = f"{key}: {error.message}"
    if error.validator == "additionalProperties" and isinstance(error.schema, dict):
        text += f"; allowed are {sorted(error.schema.get('properties', {}))}"
    if error.validator in ("type", "anyOf") and _is_number(error.instance):
        text += "; YAML reads 1e-4 as text, write 1.0e-4"
    return text


def _is_number(value: object) -> bool:
    try:
        float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return isinstance(value, str)


def _complaints(config: Config) -> Iterator[str]:
    if config["target"] not in TARGETS:
        yield f"target: {config['target']!r} is no target; {allowed(TARGETS)}"
    yield from _dataset_complaints(config)
    yield from published_complaints(config)
    yield from _ensemble_complaints(config)
    yield from _computing_complaints(config["computing"])
    for name, definition in config["forget_sets"].items():
        yield from _forget_set_complaints(f"forget_sets.{name}", definition, config)
    yield from _theory_complaints(config["theory"])
    for name, method in config["methods"].items():
        yield from method_complaints(name, method, config)
    table1 = ("table1", {"forget_sets": config["table1"]})
    for place, lists in [("run", config["run"]), table1, *_figures(config)]:
        for kind in ("forget_sets", "methods"):
            for name in lists.get(kind, []):
                if name not in config[kind]:
                    yield f"{place}.{kind}: {name!r} is not defined; {allowed(config[kind])}"
    if config["table1"] and config["dataset"]["name"] not in TABLE1_DATASETS:
        yield f"table1: must be [] for {config['dataset']['name']}; it is of fashion_mnist"


def _figures(config: Config) -> Iterable[tuple[str, Config]]:
    return [(f"figures.{name}", lists) for name, lists in config["figures"].items()]


def _dataset_complaints(config: Config) -> Iterator[str]:
    dataset, model = config["dataset"], config["model"]
    if dataset["name"] not in modules("datasets"):
        yield f"dataset.name: {dataset['name']!r} has no loader; {allowed(modules('datasets'))}"
    if model not in config["architectures"]:
        yield f"model: {model!r} is unknown; {allowed(config['architectures'])}"
    parts = EQUAL_PARTS.get(dataset["name"], 1)
    for key in ("train", "validation"):
        if dataset[key] % parts:
            yield f"dataset.{key}: {dataset[key]} must be a multiple of {parts}, its classes"
    channels = CHANNELS.get(dataset["name"], 1)
    for key, values in (dataset["normalisation"] or {}).items():
        if len(values) != channels:
            yield (
                f"dataset.normalisation.{key}: {len(values)} numbers for images of {channels} "
                "channels"
            )
    size = IMAGE_SIZE.get(dataset["name"])
    pad_to = dataset["pad_to"]
    if size is not None and pad_to is not None and pad_to < size:
        yield f"dataset.pad_to: {pad_to} is less than the {size} pixels a side of the images"
    smallest = SMALLEST_IMAGE.get(model, 1)
    if size is not None and (pad_to or size) < smallest:
        yield (
            f"dataset.pad_to: {model} needs images of at least {smallest} pixels a side, "
            f"these have {size}: set pad_to: {smallest} or more"
        )


def _ensemble_complaints(config: Config) -> Iterator[str]:
    ensemble, datamodels, training = (config[key] for key in ("ensemble", "datamodels", "training"))
    for section, keys in (("ensemble", ("members", "floor_members")), ("datamodels", ("models",))):
        for key in keys:
            count, chunk = config[section][key], config[section]["chunk"]
            if count % chunk:
                yield f"{section}.chunk: {chunk} does not divide {section}.{key}, which is {count}"
    if ensemble["floor_members"] > ensemble["members"]:
        yield (
            f"ensemble.floor_members: {ensemble['floor_members']} is more than ensemble.members, "
            f"{ensemble['members']}: the floor is that of N members"
        )
    if training["peak_epoch"] >= training["epochs"]:
        yield f"training.peak_epoch: must be before the last epoch, {training['epochs']}"
    for epoch in config["oracle_stopped_epochs"]:
        if epoch >= training["epochs"]:
            yield (
                f"oracle_stopped_epochs: {epoch} is not before the last epoch, {training['epochs']}"
            )
    if datamodels["file"] is not None and not Path(datamodels["file"]).is_file():
        yield f"datamodels.file: {datamodels['file']} is not a file"
    if datamodels["penalties"] != sorted(datamodels["penalties"], reverse=True):
        yield "datamodels.penalties: must descend, each fit starts from the one before"
    if 2 * datamodels["held_out"] >= datamodels["models"]:
        yield (
            f"datamodels.held_out: twice {datamodels['held_out']} leaves none of the "
            f"{datamodels['models']} models to fit"
        )
    if round(datamodels["subset_fraction"] * config["dataset"]["train"]) < 1:
        yield "datamodels.subset_fraction: leaves no training image in a subset"


def _computing_complaints(computing: Config) -> Iterator[str]:
    strategy, members = computing["strategy"], computing["members_per_stack"]
    key = "computing.members_per_stack"
    if strategy in LAYOUTS and members == "auto":
        yield f"{key}: strategy {strategy} needs a number; auto is for strategy auto"
    if strategy in ("measured", "loop") and members != "auto":
        yield f"{key}: strategy {strategy} finds it itself; set auto"
    if strategy == "side_by_side" and computing["compile"]:
        yield "computing.compile: members side by side are not compiled; set false"


def _forget_set_complaints(key: str, definition: Config, config: Config) -> Iterator[str]:
    kind, train = definition["kind"], config["dataset"]["train"]
    wanted = FORGET_SET_KEYS[kind]
    given = definition.keys() - {"kind"}
    if given != wanted:
        yield f"{key}: kind {kind} takes exactly {sorted(wanted)}, got {sorted(given)}"
        return
    size = definition.get("size")
    if size is None and kind in ("random", "top", "ends", "published"):
        yield f"{key}.size: must be a number for kind {kind}"
    if size is not None and size >= train:
        yield f"{key}.size: {size} leaves nothing to retain of {train} training images"
    if kind == "ends" and size is not None and size % 2:
        yield f"{key}.size: {size} must be even, half of it from each end"
    computed = config["datamodels"]["components"]
    if definition.get("component", 1) > computed:
        yield (
            f"{key}.component: {definition['component']} is not computed; "
            f"datamodels.components is {computed}"
        )
    if kind == "indices":
        yield from _index_file_complaints(key, definition["file"], train)


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


def _theory_complaints(theory: Config) -> Iterator[str]:
    data = theory["fig3"]["data"]
    for size in theory["fig3"]["forget"]:
        if size >= data:
            yield f"theory.fig3.forget: {size} leaves nothing to retain of {data} samples"
    for name, data_set in theory["logistic"]["data_sets"].items():
        key = f"theory.logistic.data_sets.{name}"
        retained, forgotten = data_set["retained"], data_set["forgotten"]
        if "epsilon" not in data_set and len(retained) != len(forgotten):
            yield f"{key}: retained names {len(retained)} axes and forgotten {len(forgotten)}"
        elif "epsilon" not in data_set and not any(forgotten):
            yield f"{key}.forgotten: must hold a number greater than 0"
