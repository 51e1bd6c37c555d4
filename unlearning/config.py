"""Check a study's config before anything is computed; every complaint names its key."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from unlearning import design
from unlearning.sources import ROOT

Config = dict[str, Any]

SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
BASELINES = ("baselines", "pretrained", "oracle_floor", "oracle_stopped")

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
    "indices": {"file"},
}

#: Architectures with BatchNorm: their methods must have a control with frozen statistics.
WITH_BATCH_NORM = ("resnet9",)
SMALLEST_IMAGE = {"resnet9": 12}
IMAGE_SIZE = {"digits": 8, "synthetic": 8, "fashion_mnist": 28, "cifar10": 32}


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
        yield f"target: {config['target']!r} is no target; {_allowed(TARGETS)}"
    yield from _dataset_complaints(config)
    yield from _ensemble_complaints(config)
    for name, definition in config["forget_sets"].items():
        yield from _forget_set_complaints(f"forget_sets.{name}", definition, config)
    yield from _theory_complaints(config["theory"])
    for name, method in config["methods"].items():
        yield from _method_complaints(name, method, config)
    table1 = ("table1", {"forget_sets": config["table1"]})
    for place, lists in [("run", config["run"]), table1, *_figures(config)]:
        for kind in ("forget_sets", "methods"):
            for name in lists.get(kind, []):
                if name not in config[kind]:
                    yield f"{place}.{kind}: {name!r} is not defined; {_allowed(config[kind])}"
    if config["table1"] and config["dataset"]["name"] not in TABLE1_DATASETS:
        yield f"table1: must be [] for {config['dataset']['name']}; it is of fashion_mnist"


def _figures(config: Config) -> Iterable[tuple[str, Config]]:
    return [(f"figures.{name}", lists) for name, lists in config["figures"].items()]


def _allowed(names: Iterable[str]) -> str:
    return f"allowed are {', '.join(sorted(names))}"


def _modules(package: str) -> list[str]:
    folder = ROOT / "unlearning" / package
    return sorted(
        path.stem for path in folder.glob("*.py") if path.stem not in ("__init__", "base")
    )


def _dataset_complaints(config: Config) -> Iterator[str]:
    dataset, model = config["dataset"], config["model"]
    if dataset["name"] not in _modules("datasets"):
        yield f"dataset.name: {dataset['name']!r} has no loader; {_allowed(_modules('datasets'))}"
    if model not in config["architectures"]:
        yield f"model: {model!r} is unknown; {_allowed(config['architectures'])}"
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
    if datamodels["penalties"] != sorted(datamodels["penalties"], reverse=True):
        yield "datamodels.penalties: must descend, each fit starts from the one before"
    if 2 * datamodels["held_out"] >= datamodels["models"]:
        yield (
            f"datamodels.held_out: twice {datamodels['held_out']} leaves none of the "
            f"{datamodels['models']} models to fit"
        )
    if round(datamodels["subset_fraction"] * config["dataset"]["train"]) < 1:
        yield "datamodels.subset_fraction: leaves no training image in a subset"


def _forget_set_complaints(key: str, definition: Config, config: Config) -> Iterator[str]:
    kind, train = definition["kind"], config["dataset"]["train"]
    wanted = FORGET_SET_KEYS[kind]
    given = definition.keys() - {"kind"}
    if given != wanted:
        yield f"{key}: kind {kind} takes exactly {sorted(wanted)}, got {sorted(given)}"
        return
    size = definition.get("size")
    if size is None and kind in ("random", "top", "ends"):
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


def method_parameters(name: str) -> set[str]:
    """Return the hyperparameters of a method: the keyword-only arguments of its ``unlearn``.

    Raises
    ------
    ValueError
        When the method has no file, or the file no function ``unlearn``.
    """
    path = ROOT / "unlearning" / "methods" / f"{name}.py"
    if not path.is_file():
        raise ValueError(
            f"config: methods.{name}: there is no file unlearning/methods/{name}.py; "
            f"{_allowed(_modules('methods'))}"
        )
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name == "unlearn":
            return {argument.arg for argument in node.args.kwonlyargs}
    raise ValueError(f"config: methods.{name}: {path.name} defines no function unlearn")


def _method_complaints(name: str, method: Config, config: Config) -> Iterator[str]:
    key = f"methods.{name}"
    if name in BASELINES:
        yield f"{key}: the name is taken by a baseline"
    parameters = method_parameters(name)
    sections = [method[section] for section in ("sweep", "snapshots", "fixed")]
    given = [parameter for section in sections for parameter in section]
    for parameter in given:
        if given.count(parameter) > 1:
            yield f"{key}: {parameter} stands in more than one of sweep, snapshots, fixed"
        if parameter not in parameters:
            yield f"{key}: {parameter} is not a hyperparameter of {name}; {_allowed(parameters)}"
    for parameter in sorted(parameters - set(given)):
        yield f"{key}: {parameter} is missing from sweep, snapshots or fixed"
    for control in method["controls"]:
        for parameter in control.keys() - set(given):
            yield f"{key}.controls: {parameter} is not one of {sorted(given)}"
    try:
        runs = design.trajectories(method).values()
    except ValueError as error:
        yield f"{key}: {error}"
        return
    for run in runs:
        yield from _value_complaints(key, run)
    yield from _missing_controls(key, parameters, runs, config)


def _value_complaints(key: str, run: design.Trajectory) -> Iterator[str]:
    values = run.hyperparameters
    rate = values.get("learning_rate", 0.0)
    if not isinstance(rate, int | float) or rate < 0:
        yield (
            f"{key}.learning_rate: {rate!r} must be a number >= 0; "
            "YAML reads 1e-4 as text, write 1.0e-4"
        )
    if values.get("batch_norm", "train") not in ("train", "frozen"):
        yield f"{key}.batch_norm: {values['batch_norm']!r} is unknown; allowed are train, frozen"
    for size in ("batch_size", "forget_batch_size"):
        if not isinstance(values.get(size, 1), int) or values.get(size, 1) < 1:
            yield f"{key}.{size}: {values[size]!r} must be a whole number >= 1"


def _missing_controls(
    key: str, parameters: set[str], runs: Iterable[design.Trajectory], config: Config
) -> Iterator[str]:
    kinds = {run.kind for run in runs}
    if "learning_rate" in parameters and "zero_learning_rate" not in kinds:
        yield f"{key}.controls: add {{learning_rate: [0.0]}}, the run in which nothing is learned"
    has_batch_norm = config["model"] in WITH_BATCH_NORM
    if has_batch_norm and "batch_norm" in parameters and "frozen_batch_norm" not in kinds:
        yield (
            f"{key}.controls: add {{batch_norm: [frozen]}} with a learning rate above 0: "
            f"{config['model']} has BatchNorm, whose drift alone moves KLoM"
        )
