"""Equal content in equal form, because Snakemake compares it as text.

Snakemake compares a job's parameters by how they print: dictionaries in the order of their keys,
``5`` and ``5.0`` as two things. And it does not see at all that a number of numpy, a path or a
member of an enumeration has changed. Pure Python, because the Snakefile imports it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

PLAIN = (bool, int, float, str, type(None))


def take_whole_numbers(config: Any) -> Any:
    """Turn floats that are whole numbers into integers, in place: ``1.0e+3`` is 1000.

    Parameters
    ----------
    config : dictionaries, lists and numbers

    Returns
    -------
    object
        The same dictionary or list; of a number, its new form.
    """
    if isinstance(config, dict):
        for key in config:
            config[key] = take_whole_numbers(config[key])
    elif isinstance(config, list):
        config[:] = map(take_whole_numbers, config)
    elif type(config) is float and config.is_integer():
        return int(config)
    return config


def check_names(config: Any, place: str = "") -> None:
    """Refuse keys that YAML does not read as text: an unquoted ``1``, ``true`` or ``null``.

    Raises
    ------
    ValueError
        Names the key, and how to write it.
    """
    if isinstance(config, list):
        for part in config:
            check_names(part, place)
    if isinstance(config, dict):
        for key, value in config.items():
            if not isinstance(key, str):
                raise ValueError(
                    f"config: {place or 'top level'}: YAML reads the key {key!r} as "
                    f"{type(key).__name__}, not as text; write it in quotes"
                )
            check_names(value, f"{place}.{key}" if place else key)


def canonical(value: Any, place: str) -> Any:
    """Return a parameter in the one form that its content has.

    Dictionaries have their keys in order, tuples are lists, whole numbers are integers.

    Parameters
    ----------
    value : a parameter of a rule
    place : names it, such as ``rule unlearn, params.run``

    Raises
    ------
    ValueError
        When it is, or holds, something of whose changes Snakemake knows nothing.
    """
    kind = type(value)
    if kind is dict:
        for key in value:
            if type(key) is not str:
                raise ValueError(f"{place}: the key {key!r} is of type {_name(type(key))}, not str")
        return {key: canonical(value[key], f"{place}.{key}") for key in sorted(value)}
    if kind in (list, tuple):
        if all(type(part) is int for part in value):  # members: by the hundred, for each job
            return list(value)
        return [canonical(part, f"{place}[{number}]") for number, part in enumerate(value)]
    if kind not in PLAIN:
        raise ValueError(
            f"{place}: {value!r} is of type {_name(kind)}, whose changes Snakemake does not see; "
            "allowed are bool, int, float, str, None, and lists and dictionaries of these"
        )
    return take_whole_numbers(value)


def _name(kind: type) -> str:
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def settle(params: Any, rule: str) -> None:
    """Bring all parameters of a rule into their canonical form, functions when they are called.

    Parameters
    ----------
    params : Snakemake's list of them, changed in place: each is an item, and an attribute as well
    rule : its name

    Raises
    ------
    ValueError
        When one has no name, or is nothing that can be compared.
    """
    names = list(params.keys())
    if len(names) != len(params):
        raise ValueError(f"rule {rule}: a parameter has no name; write name=value under params")
    for number, name in enumerate(names):
        place, value = f"rule {rule}, params.{name}", params[number]
        value = _settled(value, place) if callable(value) else canonical(value, place)
        params[number] = value
        setattr(params, name, value)


def _settled(function: Callable[..., Any], place: str) -> Callable[..., Any]:
    """Return a function, of the same arguments, whose results are canonical."""

    @wraps(function)
    def settled(*arguments: Any, **keywords: Any) -> Any:
        return canonical(function(*arguments, **keywords), place)

    return settled
