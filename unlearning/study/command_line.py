"""What ``--config`` gives inside of braces and brackets, read as a config file would be read.

Snakemake takes ``seed=1`` for a number, but all that ``ensemble={members: 20}`` holds for text.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import yaml

from unlearning.study.design import Config

Place = tuple[str | int, ...]


def read_values(config: Config, given: Config, count_errors: Callable[[Config], int]) -> Config:
    """Return the config with the text that ``--config`` gave as numbers, truth values and null.

    Text stays where nothing but text is allowed: the name ``1`` of a forget set, say.

    Parameters
    ----------
    config : the study, in which `given` has been merged already; it stays as it is
    given : key -> value, as Snakemake has read them
    count_errors : of a config, how much in it has the wrong type or is out of range
    """
    texts = [(place, text) for key in given for place, text in _texts(given[key], (key,))]
    if not texts:
        return config
    # Lists in it may be those of Snakemake's own record of --config, which jobs are given.
    config = deepcopy(config)
    errors = count_errors(config)
    for place, text in texts:
        *above, last = place
        parent: Any = config
        for key in above:
            parent = parent[key]
        parent[last] = _value(text)
        if (found := count_errors(config)) > errors:
            parent[last] = text
        else:
            errors = found
    return config


def _texts(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield all text that is not what it says, with its place."""
    if isinstance(value, str) and _value(value) != value:
        yield place, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _texts(part, (*place, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _texts(part, (*place, number))


def _value(text: str) -> Any:
    """Return what a text means: numbers as Snakemake reads them, 1e-4 too; the rest as YAML."""
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            pass
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return text
