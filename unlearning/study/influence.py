"""The family of forget sets on which influence is held against damage: sets, setting, members.

A rule of the config stands for sixty forget sets and more. They are ordinary ones, with names of
their own; no figure of scores, and no ``run``, asks for them. All are unlearned in one setting.
Pure Python, because the Snakefile imports it.
"""

from collections.abc import Iterator

from unlearning.study import design
from unlearning.study.design import Config, Trajectory

#: Begins the names of the family, and of no other forget set.
PREFIX = "influence-"

#: Forget sets without which a rank correlation says nothing: of ten, one below 0.65 in size is
#: within what chance alone gives.
LEAST = 10


def in_family(forget_set: str) -> bool:
    """Return whether a forget set is one of the family."""
    return forget_set.startswith(PREFIX)


def forget_sets(config: Config) -> dict[str, Config]:
    """Return the definitions of the family by name, such as ``influence-random-10-3``.

    Random sets take one seed after another, whatever their size: of one seed, the smaller set
    would be part of the larger. Those of a component are such parts, and cannot be otherwise.
    """
    return dict(_definitions(config["influence"])) if config["influence"] else {}


def _definitions(family: Config) -> Iterator[tuple[str, Config]]:
    random, components = family["random"], family["components"]
    numbers = range(1, random["of_each"] + 1)
    draws = [(size, number) for size in random["sizes"] for number in numbers]
    for seed, (size, number) in enumerate(draws, random["seed"]):
        definition = {"kind": "random", "size": size, "seed": seed}
        yield f"{PREFIX}random-{size}-{number}", definition
    for component in components["components"]:
        for kind in components["kinds"]:
            for size in components["sizes"]:
                definition = {"kind": kind, "component": component, "size": size}
                yield f"{PREFIX}{kind}{component}-{size}", definition


def add_forget_sets(config: Config) -> None:
    """Put the family among the forget sets of a study, in place."""
    config["forget_sets"].update(forget_sets(config))


def chain(definition: Config) -> str:
    """Return what the nested sets of one end of one component share; empty for random sets."""
    component = definition.get("component")
    return "" if component is None else f"{definition['kind']}{component}"


def narrowed(config: Config) -> Config:
    """Return the stanza of the method that the family is unlearned by, of one setting.

    What ``influence.setting`` leaves out takes its first value, as in a control.
    """
    stanza = config["methods"][config["influence"]["method"]]
    found: Config = {"fixed": stanza["fixed"], "controls": []}
    for section in ("sweep", "snapshots"):
        found[section] = {key: values[:1] for key, values in stanza[section].items()}
    for key, value in config["influence"]["setting"].items():
        found["snapshots" if key in stanza["snapshots"] else "sweep"][key] = [value]
    return found


def trajectories(config: Config, method: str, forget_set: str) -> dict[str, Trajectory]:
    """Return the trajectories of a method on a forget set: of the family, only its one setting."""
    if in_family(forget_set) and method == config["influence"]["method"]:
        return design.trajectories(narrowed(config))
    return design.trajectories(config["methods"][method])


def trajectory(config: Config) -> Trajectory:
    """Return the one setting of the family."""
    (found,) = design.trajectories(narrowed(config)).values()
    return found


def unlearned_chunks(config: Config) -> list[str]:
    """Return the chunks that the family is unlearned with: the first ones of the ensemble."""
    return design.pretrained_chunks(config)[: config["influence"]["chunks"]]


def oracle_chunks(config: Config) -> list[str]:
    """Return the chunks of each set's oracles that these are held against: of the same numbers."""
    return unlearned_chunks(config) if "oracles" in config["influence"]["damage"] else []


def other_chunks(config: Config) -> list[str]:
    """Return the chunks of pretrained members that these are held against.

    The other members of the ensemble; where there are none, as many further ones.
    """
    if "pretrained" not in config["influence"]["damage"]:
        return []
    mine, size = len(unlearned_chunks(config)), config["ensemble"]["chunk"]
    first = config["ensemble"]["members"]
    further = design.chunks(range(first, first + mine * size), size)
    return design.pretrained_chunks(config)[mine:] or further
