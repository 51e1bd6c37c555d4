"""Check the methods of a study's config."""

import ast
from collections.abc import Iterable, Iterator

from unlearning.study import design
from unlearning.study.config_words import allowed, modules
from unlearning.study.design import Config
from unlearning.study.sources import ROOT

BASELINES = ("baselines", "pretrained", "oracle_floor", "oracle_stopped")

#: Architectures with BatchNorm: their methods must have a control with frozen statistics.
WITH_BATCH_NORM = ("resnet9", "resnet18")


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
            f"{allowed(modules('methods'))}"
        )
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name == "unlearn":
            return {argument.arg for argument in node.args.kwonlyargs}
    raise ValueError(f"config: methods.{name}: {path.name} defines no function unlearn")


def method_complaints(name: str, method: Config, config: Config) -> Iterator[str]:
    """Yield what is wrong with a method of a study."""
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
            yield f"{key}: {parameter} is not a hyperparameter of {name}; {allowed(parameters)}"
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
