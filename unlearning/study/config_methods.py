"""Check the methods of a study's config."""

from collections.abc import Iterable, Iterator
from math import inf

from unlearning.study import design, passes, runs
from unlearning.study.conditions import OPTIMIZER, USUAL, ZERO_STRENGTH
from unlearning.study.config_data import OF_SEQUENCES
from unlearning.study.config_values import column_complaints, value_complaints
from unlearning.study.config_words import allowed, modules
from unlearning.study.design import Config
from unlearning.study.method_files import Signature, method_signature
from unlearning.study.needs import NEEDS

BASELINES = ("baselines", "pretrained", "oracle_floor", "oracle_stopped")

#: Architectures with BatchNorm: their methods must have a control with frozen statistics.
WITH_BATCH_NORM = ("resnet9", "resnet18")


#: Methods of classes: of labels drawn anew, or of a margin a point.
OF_CLASSES = (
    "random_labels",
    "salun",
    "oracle_matching",
    "datamodel_direct",
    "datamodel_matching",
)

#: The conditions of a run, which a stanza may give for any method, or leave out.
CONDITIONS = {"momentum": "float", "weight_decay": "float", "order": "str"}
CONDITIONS |= {"forget_limit": "int | None"}


def method_parameters(name: str, file: str | None = None) -> set[str]:
    """Return the hyperparameters of a method: the keyword-only arguments of its ``unlearn``.

    Raises
    ------
    ValueError
        As `method_signature`.
    """
    return set(method_signature(name, file).hyperparameters)


def method_annotations(name: str, file: str | None = None) -> dict[str, str | None]:
    """Return the type that each hyperparameter of a method has, the conditions of its runs' too.

    What the study gives a method because its stanza ``needs`` it is none of them.
    """
    signature = method_signature(name, file)
    said = {
        key: found.annotation
        for key, found in signature.hyperparameters.items()
        if key not in NEEDS
    }
    return _conditions(signature) | said


def _conditions(signature: Signature) -> dict[str, str | None]:
    """Return the conditions that runs of a method can have.

    The optimizer of a plain method is its own: those of SGD are there if it takes them.
    """
    missing = {key for key in OPTIMIZER if signature.plain and key not in signature.own}
    return {key: kind for key, kind in CONDITIONS.items() if key not in missing}


def method_complaints(name: str, method: Config, config: Config) -> Iterator[str]:
    """Yield what is wrong with a method of a study."""
    key = f"methods.{name}"
    if name in BASELINES:
        yield f"{key}: the name is taken by a baseline"
    file = method.get("file")
    if file and name in modules("methods"):
        yield (
            f"{key}.file: {name} is a method of this repository, which tables, figures and costs "
            f"know by its name; give the one in {file} another name"
        )
    signature = method_signature(name, file)
    used = name in config["run"]["methods"]
    if used and config["model"] in OF_SEQUENCES and (name in OF_CLASSES or signature.plain):
        what = "an ordinary network with two loaders" if signature.plain else "classes"
        tokens = f"{config['model']} predicts tokens"
        yield f"run.methods: {name} is of {what}, and {tokens}; leave it out"
    at = f"{signature.at}: " if file else ""
    if signature.plain:
        yield from _plain_complaints(key, method, signature)
    owned = OPTIMIZER if signature.plain else ()
    for parameter in sorted(signature.own & USUAL.keys() - set(owned)):
        yield (
            f"{key}: {at or f'{name}.py: '}unlearn takes {parameter} as a hyperparameter of its "
            "own, which is a condition of every method's runs; give it another name there"
        )
    yield from column_complaints(key, at or f"{name}.py: ", signature.own)
    asked, conditions = method.get("needs") or [], _conditions(signature)
    annotations = {
        parameter: said
        for parameter, said in method_annotations(name, file).items()
        if parameter not in asked
    }
    has_default = (key for key, said in signature.hyperparameters.items() if said.optional)
    optional = {*conditions, *has_default}
    sections = [method[section] for section in ("sweep", "snapshots", "fixed")]
    given = [parameter for section in sections for parameter in section]
    for parameter in given:
        if given.count(parameter) > 1:
            yield f"{key}: {parameter} stands in more than one of sweep, snapshots, fixed"
        if parameter not in annotations:
            yield (
                f"{key}: {at}{parameter} is not a hyperparameter of {name}; {allowed(annotations)}"
            )
    for parameter in sorted(annotations.keys() - set(given) - optional):
        yield f"{key}: {at}{parameter} is missing from sweep, snapshots or fixed"
    if not method["sweep"]:
        yield f"{key}.sweep: must name a hyperparameter, with one value or more"
    for control in method["controls"]:
        for parameter, values in control.items():
            if parameter not in given and parameter not in optional:
                yield f"{key}.controls: {parameter} is not one of {sorted({*given, *optional})}"
            if parameter in method["snapshots"]:
                where, said = f"{key}.controls", annotations.get(parameter)
                yield from value_complaints(where, parameter, values, said, own=bool(file))
    try:
        found = design.trajectories(method).values()
    except ValueError as error:
        yield f"{key}: {error}"
        return
    yield from run_complaints(key, found, config, name)
    yield from _missing_controls(key, set(annotations), found, config, own=bool(file))


def run_complaints(
    key: str, trajectories: Iterable[design.Trajectory], config: Config, method: str
) -> Iterator[str]:
    """Yield what is wrong with trajectories of a method, which the key of the config asks for."""
    file = config["methods"].get(method, {}).get("file")
    annotations = method_annotations(method, file)
    for run in trajectories:
        for parameter, value in run.hyperparameters.items():
            said = annotations.get(parameter)
            yield from value_complaints(key, parameter, value, said, own=bool(file))
        frozen = run.hyperparameters.get("batch_norm") == "frozen"
        if frozen and config["model"] not in WITH_BATCH_NORM:
            yield (
                f"{key}: trajectory {run.name} has batch_norm frozen, and {config['model']} has no "
                "BatchNorm; set train"
            )
        if method in passes.ONCE and run.epochs != (1,):
            yield (
                f"{key}: trajectory {run.name} has epochs {list(run.epochs)}, and {method} does "
                "what it does once; set [1]"
            )
        for ascent in run.ascent_epochs:
            if ascent > max(run.epochs):
                yield (
                    f"{key}: trajectory {run.name} ends after epoch {max(run.epochs)} and never "
                    f"has {ascent} ascent_epochs"
                )
        sets = config["forget_sets"].values()
        limit = run.hyperparameters.get("forget_limit")
        if limit is not None and not any(runs.cuts(run, definition) for definition in sets):
            yield (
                f"{key}: trajectory {run.name} has forget_limit {limit}, and no forget set has "
                "more points; name a smaller limit or a larger set"
            )


def _plain_complaints(key: str, method: Config, signature: Signature) -> Iterator[str]:
    """Yield what a method of the plain form cannot do."""
    if "ascent_epochs" in method["snapshots"]:
        yield (
            f"{key}.snapshots: ascent_epochs is of runs that branch, which the plain form does "
            "not; give it under sweep"
        )
    axes = [method["snapshots"], *method["controls"]]
    asked = {epoch for axis in axes for epoch in axis.get("epochs", [])}
    if not signature.yields and "epochs" not in signature.own and asked != {1}:
        yield (
            f"{key}.snapshots.epochs: must be [1] for an unlearn that neither takes epochs nor "
            "yields at each of them"
        )


def _missing_controls(
    key: str,
    parameters: set[str],
    runs: Iterable[design.Trajectory],
    config: Config,
    *,
    own: bool,
) -> Iterator[str]:
    kinds = {run.kind for run in runs}
    if "learning_rate" in parameters and "zero_learning_rate" not in kinds:
        yield f"{key}.controls: add {{learning_rate: [0.0]}}, the run in which nothing is learned"
    zero = next((name for name in ZERO_STRENGTH if name in parameters), None)
    if "learning_rate" not in parameters and zero and not own and "zero_strength" not in kinds:
        value = ".inf" if ZERO_STRENGTH[zero] == inf else ZERO_STRENGTH[zero]
        yield f"{key}.controls: add {{{zero}: [{value}]}}, the run in which nothing is unlearned"
    has_batch_norm = config["model"] in WITH_BATCH_NORM
    if has_batch_norm and "batch_norm" in parameters and "frozen_batch_norm" not in kinds:
        yield (
            f"{key}.controls: add {{batch_norm: [frozen]}} with a learning rate above 0: "
            f"{config['model']} has BatchNorm, whose drift alone moves KLoM"
        )
