"""Check a study's config before anything is computed; every complaint names its key."""

import re
from collections.abc import Collection, Iterable, Iterator
from copy import deepcopy
from functools import cache
from math import inf, isfinite
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from unlearning.study.config_batches import batch_complaints
from unlearning.study.config_data import FORGET_SET_KEYS, dataset_complaints, forget_set_complaints
from unlearning.study.config_influence import name_complaints
from unlearning.study.config_league import league_complaints
from unlearning.study.config_methods import method_complaints
from unlearning.study.config_needs import early_complaints, file_complaints, needs_complaints
from unlearning.study.config_published import published_complaints
from unlearning.study.config_stability import stability_complaints
from unlearning.study.config_theory import theory_complaints
from unlearning.study.config_values import INFINITE
from unlearning.study.config_words import allowed
from unlearning.study.design import Config, used_forget_sets
from unlearning.study.influence import in_family
from unlearning.study.new_method import name_complaints as new_method_complaints
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
    "stability",
    "selection",
    "influence",
    "league",
    "explore",
    "controls",
    "answer",
    "theory",
    "provenance",
)

#: The data sets of Table 1 that have a loader.
TABLE1_DATASETS = ("fashion_mnist",)

#: Architectures of linear layers alone, which are computed in float32 always.
WITHOUT_CONVOLUTIONS = ("mlp", "transformer", "ngram")

#: Names that Snakemake refuses as wildcards: the last characters repeat.
ENDLESS = re.compile(r"(.+)\1{19}$")


def drop_absent(config: Config) -> None:
    """Take out, in place, what an overlay sets to null where names are free.

    Forget sets, methods, hyperparameters, files that are needed, data sets of the theory; keys of
    a forget set, so that an overlay replaces a definition: but where its kind has a size, null
    means all of a class or a group, and stays. What has another form than it should is left to
    `check`.
    """
    logistic = _section(_section(config, "theory"), "logistic")
    for place, key in (
        (config, "forget_sets"),
        (config, "methods"),
        (logistic, "data_sets"),
        (_section(config, "needs"), "files"),
    ):
        _drop_null(_section(place, key))
    for definition in _section(config, "forget_sets").values():
        if isinstance(definition, dict):
            kept = {"size"} & FORGET_SET_KEYS.get(str(definition.get("kind")), {"size"})
            _drop_null(definition, kept)
    for method in _section(config, "methods").values():
        for key in ("sweep", "fixed"):
            _drop_null(_section(method, key))
    _drop_null(_section(_section(config, "influence"), "setting"))


def _section(config: object, key: str) -> Config:
    """Return a dictionary in the config, or an empty one where there is none."""
    section = config.get(key) if isinstance(config, dict) else None
    return section if isinstance(section, dict) else {}


def _drop_null(section: Config, kept: Collection[str] = ()) -> None:
    for key in [key for key, value in section.items() if value is None and key not in kept]:
        del section[key]


def check(config: Config, left_out: Collection[str] = ()) -> None:
    """Refuse a config that cannot be run, in one sentence.

    Parameters
    ----------
    config : the study, after overlays have been merged
    left_out : methods that it does without, which need not be right

    Raises
    ------
    ValueError
        Names the first key that is wrong, its value and what is allowed.
    """
    check_form(config)
    for complaint in _complaints(config, left_out):
        raise ValueError(f"config: {complaint}")


def check_form(config: Config) -> None:
    """Refuse a config with other keys, or values of another type, than a study has; as `check`."""
    for key, number in _not_finite(config, ""):
        raise ValueError(f"config: {key}: {number} is not a finite number")
    _check_schema(config)


def _not_finite(value: object, key: str) -> Iterator[tuple[str, float]]:
    """Yield every number that is none, or infinite, with its key: YAML has .nan and .inf.

    A few hyperparameters may be infinite.
    """
    inside: Iterable[tuple[object, object]] = ()
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list | tuple):
        inside = enumerate(value)
    elif isinstance(value, float) and not isfinite(value):
        hyperparameter = key.startswith("methods.") and {*key.split(".")} & {*INFINITE}
        if not (hyperparameter and value == inf):
            yield key, value
    for name, part in inside:
        yield from _not_finite(part, f"{key}.{name}" if key else str(name))


@cache
def _schema() -> Draft202012Validator:
    # libyaml's loader, where it is there, takes a tenth of the time: of every plan and every job.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Draft202012Validator(yaml.load(SCHEMA.read_text(), loader))


def count_errors(config: Config) -> int:
    """Return how many places of a config the schema refuses, where null may take names away."""
    config = deepcopy(config)
    drop_absent(config)
    return sum(1 for _ in _schema().iter_errors(config))


def _check_schema(config: Config) -> None:
    error = best_match(_schema().iter_errors(config))
    if error is not None:
        raise ValueError(f"config: {_explain(error)}")


def _explain(error: ValidationError) -> str:
    key = ".".join(str(part) for part in error.absolute_path) or "top level"
    text, schema = f"{key}: {error.message}", error.schema if isinstance(error.schema, dict) else {}
    if error.validator == "pattern" and "made_of" in schema:
        text = f"{key}: {error.instance!r} does not match; write {schema['made_of']}"
    if error.validator == "additionalProperties":
        text += f"; allowed are {sorted(schema.get('properties', {}))}"
    if error.validator in ("type", "anyOf") and _is_number(error.instance):
        exponent = "e" in str(error.instance).lower()
        text += "; " + ("YAML reads 1e-4 as text, write 1.0e-4" if exponent else "leave out quotes")
    if error.validator == "type" and error.validator_value == "string":
        text += "; write it in quotes, in a config file" * isinstance(error.instance, int | float)
    return text


def _is_number(value: object) -> bool:
    try:
        float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return isinstance(value, str)


def _complaints(config: Config, left_out: Collection[str]) -> Iterator[str]:
    if config["target"] not in TARGETS:
        yield f"target: {config['target']!r} is no target; {allowed(TARGETS)}"
    names = [f"{kind}.{name}" for kind in ("forget_sets", "methods") for name in config[kind]]
    for name in [f"study: {config['study']}", *names]:
        if ENDLESS.search(name):
            yield (
                f"{name}: ends in one text twenty times over, which Snakemake takes for an endless "
                "recursion; choose another name"
            )
    yield from new_method_complaints(config)
    yield from dataset_complaints(config)
    yield from published_complaints(config)
    yield from _ensemble_complaints(config)
    yield from early_complaints(config)
    yield from file_complaints(config)
    yield from _computing_complaints(config)
    for name, definition in config["forget_sets"].items():
        if not in_family(name):  # that of influence is looked at by who asks for it
            yield from forget_set_complaints(f"forget_sets.{name}", definition, config)
    yield from theory_complaints(config["theory"])
    for name, method in config["methods"].items():
        if name in left_out:
            continue
        yield from method_complaints(name, method, config)
        yield from needs_complaints(name, method, config)
    yield from name_complaints(config)
    table1 = ("table1", {"forget_sets": config["table1"]})
    for place, lists in [("run", config["run"]), table1, *_figures(config)]:
        for kind in ("forget_sets", "methods"):
            for name in lists.get(kind, []):
                if name not in config[kind]:
                    yield f"{place}.{kind}: {name!r} is not defined; {allowed(config[kind])}"
    yield from stability_complaints(config)
    yield from league_complaints(config)
    used = [name for name in used_forget_sets(config) if name in config["forget_sets"]]
    yield from batch_complaints(config, {name: config["forget_sets"][name] for name in used})
    if config["table1"] and config["dataset"]["name"] not in TABLE1_DATASETS:
        yield f"table1: must be [] for {config['dataset']['name']}; it is of fashion_mnist"


def _figures(config: Config) -> Iterable[tuple[str, Config]]:
    return [(f"figures.{name}", lists) for name, lists in config["figures"].items()]


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
    if datamodels["penalties"] != sorted(set(datamodels["penalties"]), reverse=True):
        yield "datamodels.penalties: must descend, each fit starts from the one before"
    fitted = datamodels["models"] - 2 * datamodels["held_out"]
    if fitted < 2:
        yield (
            f"datamodels.held_out: twice {datamodels['held_out']} leaves "
            f"{'one' if fitted == 1 else 'none'} of the {datamodels['models']} models to fit, "
            "which takes 2"
        )
    train = config["dataset"]["train"]
    kept = round(datamodels["subset_fraction"] * train)
    if not 0 < kept < train:
        yield (
            "datamodels.subset_fraction: leaves no training point "
            f"{'out of' if kept else 'in'} a subset"
        )
    if datamodels["components"] >= train:
        yield (
            f"datamodels.components: {datamodels['components']} must be less than the {train} "
            "training points"
        )


def _computing_complaints(config: Config) -> Iterator[str]:
    computing = config["computing"]
    strategy, members = computing["strategy"], computing["members_per_stack"]
    key = "computing.members_per_stack"
    if strategy in LAYOUTS and members == "auto":
        yield f"{key}: strategy {strategy} needs a number; auto is for strategy auto"
    if strategy not in LAYOUTS and members != "auto":
        yield (
            f"{key}: strategy {strategy} finds it itself; set auto, or the strategy to one of "
            f"{', '.join(LAYOUTS)}"
        )
    largest = max(config[section]["chunk"] for section in ("ensemble", "datamodels"))
    if strategy in LAYOUTS and members != "auto" and members > largest:
        yield f"{key}: {members} is more than a job has members, which are at most {largest}"
    if strategy == "side_by_side" and computing["compile"]:
        yield "computing.compile: members side by side are not compiled; set false"
    if strategy == "measured" and computing["compile"]:
        yield "computing.compile: strategy measured tries both; set false"
    if config["model"] in WITHOUT_CONVOLUTIONS:
        for name in ("precision", "evaluation_precision"):
            if computing[name] != "float32":
                yield (
                    f"computing.{name}: {computing[name]} is of convolutions, and "
                    f"{config['model']} has none; set float32"
                )
