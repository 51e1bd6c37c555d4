"""What a league is of: its methods, which of them are told the answer, which sets share points."""

import os
from math import inf
from typing import Any

from unlearning.study import needs, settings, subsampling
from unlearning.study.design import Config

#: A rule of the league alone: with the oracles, the smallest excess on the worst split, by which
#: entries are ranked.
BEST = "oracle_worst"


def league_methods(config: Config) -> list[str]:
    """Return the methods of the study that have a run.

    Raises
    ------
    ValueError
        When none has, or no retraining is stopped that they could be held against.
    """
    names: list[str] = config["run"]["methods"]
    found = [name for name in names if subsampling.grid_runs(config, name)]
    if not found:
        raise ValueError(
            f"league: none of the methods {', '.join(names)} has a run in its grid, only controls; "
            "give one a sweep that is no control"
        )
    if not config["oracle_stopped_epochs"]:
        raise ValueError(
            "league: oracle_stopped_epochs is empty, and methods are held against retraining that "
            "is stopped early; name epochs before the last one"
        )
    return found


def chains(config: Config) -> list[str]:
    """Return, for each forget set of the study, what those of one component have in common.

    The highest 10 on a component are among the highest 50: sets of one component are drawn together
    when forget sets are drawn again. Any other set stands for itself.
    """
    found = []
    for name in config["run"]["forget_sets"]:
        component = config["forget_sets"][name].get("component")
        found.append(f"set {name}" if component is None else f"component {component}")
    return found


def facts(config: Config) -> dict[str, Any]:
    """Return what the records of all methods of a study have in common, of its config."""
    return {
        "study": config["study"],
        "model": settings.model_settings(config),
        "training": dict(config["training"]),
        "protocol": config["protocol"],
        "source": config["source"],
        "seed": config["seed"],
        "members": config["ensemble"]["members"],
        "floor_members": config["ensemble"]["floor_members"],
        "klom": dict(config["klom"]),
        "budgets": list(config["league"]["budgets"]),
        "oracle_stopped_epochs": list(config["oracle_stopped_epochs"]),
        "images": {key: config["dataset"][key] for key in ("normalisation", "pad_to")},
    }


def stanzas(config: Config) -> dict[str, Any]:
    """Return the stanza of each method, whose grid its record states, as another group reads it.

    What is infinite there is ``.inf``, as YAML spells it: JSON has no such number. ``needs`` says
    what exactly the method was given, and ``file`` leaves out where it lies here.
    """
    found = {}
    for name in league_methods(config):
        stanza = {**config["methods"][name], **needs.settings(config, name)}
        if stanza.get("file"):
            stanza["file"] = os.path.basename(stanza["file"])
        found[name] = _spelled(stanza)
    return found


def _spelled(value: Any) -> Any:
    """Return a part of a config with its infinite numbers as text."""
    if isinstance(value, dict):
        return {key: _spelled(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(part) for part in value]
    return ".inf" if value == inf else value
