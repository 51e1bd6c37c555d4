"""Check the values of a method's hyperparameters: their types, their ranges, their words."""

from collections.abc import Collection, Iterator
from typing import Any

from unlearning.study.needs import REWIND_TO

#: What hyperparameters are, by the annotation in the method's file.
NUMBER, WHOLE, TEXT = "a number", "a whole number", "text"
WHOLE_OR_NULL = "null or a whole number"
TYPES = {
    "float": NUMBER,
    "int": WHOLE,
    "str": TEXT,
    "bool": "true or false",
    "int | None": WHOLE_OR_NULL,
    "Collection[int]": "a list of whole numbers",
    "Sequence[int]": "a list of whole numbers",
}
#: Of methods that annotate nothing, the hyperparameters that all methods are to call alike.
NAMED = {"learning_rate": "float", "batch_size": "int", "forget_batch_size": "int"}
#: Hyperparameters that are one of a few words.
WORDS = {
    "batch_norm": ("train", "frozen"),
    "order": ("shuffled", "index"),
    "student": ("trained", "frozen"),
    "labels": ("fixed", "each_epoch"),
    "schedule": ("original", "constant"),
    "optimizer": ("adam", "sgd"),
}
#: The least that a hyperparameter, or each number in its list, can be.
LEAST = {
    "learning_rate": 0,
    "batch_size": 1,
    "forget_batch_size": 1,
    "alpha": 0,
    "gamma": 0,
    "decay_rate": 0,
    "decay_epochs": 1,
    "epochs": 1,
    "ascent_epochs": 1,
    "momentum": 0,
    "weight_decay": 0,
    "forget_limit": 1,
    "forget_weight": 0,
    "retain_weight": 0,
    "retain_share": 0,
    "salient_share": 0,
    "selection": 0,
    "dampening": 0,
    "noise": 0,
    "retain_ratio": 0,
    "strength": 0,
    REWIND_TO: 1,
}
#: Hyperparameters that something is divided by, or that are nothing at 0.
POSITIVE = ("temperature", "beta", "radius")
#: What a hyperparameter must be less than.
LESS_THAN = {"momentum": 1}
#: The most that a hyperparameter can be.
MOST = {"retain_share": 1, "salient_share": 1}
#: Hyperparameters that may be infinite, which every other number of a config must not be.
INFINITE = ("selection", "radius")
#: Of those above, what loaders, a learner or the conditions of a run are told: hyperparameters of
#: these names mean the same in a file of a user's own, where all others are its author's.
OF_ALL = (
    *NAMED,
    "epochs",
    "ascent_epochs",
    "batch_norm",
    "order",
    "momentum",
    "weight_decay",
    "forget_limit",
)
#: Columns of tables of runs, in which hyperparameters stand by their names.
COLUMNS = (
    *("method", "setting", "kind", "epoch", "in_grid", "forget_set", "split", "n_members"),
    *("n_points", "n_nonfinite", "klom_p95", "klom_p95_low", "klom_p95_high", "klom_p99"),
    *("klom_mean", "klom_median", "klom_reversed_p95", "klom_reversed_mean", "floor_p95"),
    *("floor_mean", "accuracy", "loss", "relative_cost", "seconds", "n_forget", "n_validation"),
    *("accuracy_forget", "accuracy_validation", "gap_signed", "gap_mean", "gap_p5", "gap_median"),
    *("gap_p95", "allowed_gap", "allowed_gap_printed", "fraction_beyond", "given_cost", "place"),
)


def column_complaints(key: str, at: str, names: Collection[str]) -> Iterator[str]:
    """Yield which hyperparameters would write over what a table says of a run.

    Parameters
    ----------
    key : of the method
    at : where its ``unlearn`` is
    names : of its hyperparameters
    """
    for name in sorted({*names} & {*COLUMNS}):
        yield (
            f"{key}: {at}unlearn takes {name} as a hyperparameter, and {name} is a column of the "
            "tables of runs; give it another name there"
        )


def value_complaints(
    key: str, parameter: str, value: object, annotation: str | None, *, own: bool
) -> Iterator[str]:
    """Yield what is wrong with the value of a hyperparameter.

    Parameters
    ----------
    key : of the method
    parameter, value : of the hyperparameter
    annotation : in the method's file, None where there is none
    own : whether that file is a user's own, of which only the names `OF_ALL` have a known meaning
    """
    wanted = TYPES.get(annotation or NAMED.get(parameter, ""), "")
    if own and parameter not in OF_ALL:
        if wanted and not _fits(value, wanted):
            yield _must_be(key, parameter, value, wanted)
        return
    words = WORDS.get(parameter, ())
    if words and value not in words:
        yield f"{key}.{parameter}: {value!r} is unknown; allowed are {', '.join(words)}"
        return
    least = f" >= {LEAST[parameter]}" if parameter in LEAST else ""
    above = " > 0" if parameter in POSITIVE else least
    above += f" and < {LESS_THAN[parameter]}" if parameter in LESS_THAN else ""
    above += f" and <= {MOST[parameter]}" if parameter in MOST else ""
    if not wanted or (_fits(value, wanted) and _in_range(value, parameter)):
        return
    yield _must_be(key, parameter, value, wanted, above)


def _must_be(key: str, parameter: str, value: object, wanted: str, above: str = "") -> str:
    hint = "; YAML reads 1e-4 as text, write 1.0e-4" if wanted == NUMBER else ""
    return f"{key}.{parameter}: {value!r} must be {wanted}{above}{hint}"


def _fits(value: object, wanted: str) -> bool:
    if wanted.startswith("a list"):
        return isinstance(value, list | tuple) and all(_fits(part, WHOLE) for part in value)
    if wanted == WHOLE_OR_NULL:
        return value is None or _fits(value, WHOLE)
    if isinstance(value, bool):
        return wanted == TYPES["bool"]
    types = {NUMBER: int | float, WHOLE: int, TEXT: str}
    return wanted in types and isinstance(value, types[wanted])


def _in_range(value: Any, parameter: str) -> bool:
    numbers = value if isinstance(value, list | tuple) else [value]
    if value is None:
        return True
    if parameter in POSITIVE:
        return all(number > 0 for number in numbers)
    if parameter in LESS_THAN and any(number >= LESS_THAN[parameter] for number in numbers):
        return False
    if parameter in MOST and any(number > MOST[parameter] for number in numbers):
        return False
    return parameter not in LEAST or all(number >= LEAST[parameter] for number in numbers)
