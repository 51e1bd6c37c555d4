"""What a study consists of: its chunks, trajectories and snapshots, computed from the config.

Pure Python, because the Snakefile imports it: no arrays, no files.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from unlearning.study import conditions

Config = dict[str, Any]
SnapshotKey = tuple[int, int | None]

#: Short forms of hyperparameters in the names of trajectories, in their order; the others follow by
#: the alphabet and lose their underscores.
SHORT = {
    "learning_rate": "lr",
    "forget_batch_size": "forgetbatch",
    "batch_norm": "bn-",
    "momentum": "momentum",
    "weight_decay": "wd",
    "order": "order-",
    "forget_limit": "first",
    "student": "student-",
}


@dataclass(frozen=True)
class Trajectory:
    """One run of a method: constant hyperparameters, many snapshots."""

    name: str
    hyperparameters: dict[str, Any]
    epochs: tuple[int, ...]
    ascent_epochs: tuple[int, ...]  # empty where the method has no such thing
    apart: frozenset[str] = frozenset()  # hyperparameters that only a control sets
    own: bool = False  # of the grid of a method in a user's file

    @property
    def kind(self) -> str:
        """What the run is beside the others: ``grid``, or a control, as `conditions.kind` says."""
        return conditions.kind(self.hyperparameters, self.apart, self.own)

    def snapshots(self, extra_epochs: Sequence[int] = ()) -> list[SnapshotKey]:
        """Return the (epoch, ascent epochs) of the snapshot axis, in its order."""
        epochs = sorted({*self.epochs, *extra_epochs})
        branches: Sequence[int | None] = self.ascent_epochs or (None,)
        return [(epoch, ascent) for ascent in branches for epoch in epochs]


def chunks(members: range, size: int) -> list[str]:
    """Return the names of the chunks of a range of members, such as ``100-119``."""
    return [f"{start}-{start + size - 1}" for start in range(members.start, members.stop, size)]


def chunk_members(chunk: str) -> list[int]:
    """Return the members of a chunk."""
    first, last = chunk.split("-")
    return list(range(int(first), int(last) + 1))


def pretrained_chunks(config: Config) -> list[str]:
    """Return the chunks of the pretrained, and so of every unlearned ensemble."""
    return chunks(range(config["ensemble"]["members"]), config["ensemble"]["chunk"])


def reference_chunks(config: Config) -> list[str]:
    """Return the chunks of the oracles that everything is scored against."""
    return pretrained_chunks(config)


def floor_chunks(config: Config) -> list[str]:
    """Return the chunks of the second oracle ensemble, whose score is the noise floor."""
    members = config["ensemble"]["members"]
    stop = members + config["ensemble"]["floor_members"]
    return chunks(range(members, stop), config["ensemble"]["chunk"])


def datamodel_chunks(config: Config) -> list[str]:
    """Return the chunks of the models that datamodels are estimated from."""
    return chunks(range(config["datamodels"]["models"]), config["datamodels"]["chunk"])


def oracle_snapshots(config: Config) -> list[int]:
    """Return the epochs of the oracles' snapshot axis; the last one is the end of training."""
    return [*sorted(config["oracle_stopped_epochs"]), config["training"]["epochs"]]


def _in_order(sweep: dict[str, Any]) -> dict[str, Any]:
    """Return a sweep with its hyperparameters in the order of names, however it is written."""
    known = [key for key in SHORT if key in sweep]
    return {key: sweep[key] for key in [*known, *sorted(sweep.keys() - SHORT.keys())]}


def _name(hyperparameters: dict[str, Any]) -> str:
    parts = []
    for key, value in hyperparameters.items():
        text = f"{value:g}" if isinstance(value, int | float) else str(value)
        text = "all" if value is None else text
        parts.append(SHORT.get(key, key.replace("_", "")) + text)
    return "_".join(parts)


def trajectories(method: Config) -> dict[str, Trajectory]:
    """Fold a method's stanza into its trajectories, controls last.

    Parameters
    ----------
    method : ``sweep`` (lists, every combination is a trajectory), ``snapshots`` (``epochs`` and
        perhaps ``ascent_epochs``: axes that one run serves), ``fixed``, and ``controls``: each one
        overrides some of these, and takes the first value of what it leaves out of the sweep

    Returns
    -------
    dict
        Name -> trajectory.

    Raises
    ------
    ValueError
        When two of them have the same name.
    """
    found: dict[str, Trajectory] = {}
    first = {key: values[:1] for key, values in method["sweep"].items()}
    usual = {**conditions.USUAL, **method["fixed"]}
    outside = bool(method.get("file"))
    theirs = {key for each in conditions.PUBLISHED_OF.values() for key in each if outside}
    for place, (sweep, snapshots) in enumerate(
        [
            (method["sweep"], method["snapshots"]),
            *(_control(first, method["snapshots"], control) for control in method["controls"]),
        ]
    ):
        sweep = _in_order(sweep)
        for values in product(*sweep.values()):
            swept = dict(zip(sweep, values, strict=True))
            name = _name(swept)
            if name in found:
                raise ValueError(f"trajectory {name} is defined twice, by the sweep or a control")
            new = (key for key in swept if key not in {*method["sweep"], *theirs})
            found[name] = Trajectory(
                name,
                {**method["fixed"], **swept},
                tuple(sorted(snapshots["epochs"])),
                tuple(sorted(snapshots.get("ascent_epochs", []))),
                frozenset(key for key in new if swept[key] != usual.get(key)),
                outside and place == 0,
            )
    return found


def _control(first: Config, snapshots: Config, control: Config) -> tuple[Config, Config]:
    sweep, axes = dict(first), dict(snapshots)
    for key, values in control.items():
        (axes if key in snapshots else sweep)[key] = values
    return sweep, axes


def traced_epochs(config: Config, method: str, forget_set: str, trajectory: Trajectory) -> range:
    """Return the epochs at which Fig. 2 wants a snapshot of this trajectory, if it draws it."""
    figure = config["figures"]["fig2"]
    if method in figure["methods"] and forget_set in figure["forget_sets"]:
        return range(1, max(trajectory.epochs) + 1)
    return range(0)


def snapshots(
    config: Config, method: str, forget_set: str, trajectory: Trajectory
) -> list[SnapshotKey]:
    """Return the snapshot axis of one trajectory on one forget set."""
    return trajectory.snapshots(traced_epochs(config, method, forget_set, trajectory))


def arguments(
    config: Config, method: str, forget_set: str, trajectory: Trajectory
) -> dict[str, Any]:
    """Return the keywords that the method is called with, sorted by name."""
    keys = snapshots(config, method, forget_set, trajectory)
    own = conditions.arguments(config["protocol"], method, trajectory.hyperparameters)
    keywords = {**own, "epochs": sorted({epoch for epoch, _ in keys})}
    if trajectory.ascent_epochs:
        keywords["ascent_epochs"] = list(trajectory.ascent_epochs)
    return dict(sorted(keywords.items()))


def figure_methods(config: Config, figure: str) -> list[str]:
    """Return the methods that a figure draws: its own list, or all that the study runs."""
    return config["figures"][figure].get("methods") or config["run"]["methods"]


def figure_forget_sets(config: Config, figure: str) -> list[str]:
    """Return the forget sets that a figure draws: its own list, or all that the study runs."""
    return config["figures"][figure].get("forget_sets") or config["run"]["forget_sets"]


def published_number(config: Config, forget_set: str) -> int:
    """Return the number that a published source gives a forget set: its own, else its name.

    Raises
    ------
    ValueError
        When it has neither.
    """
    number = str(config["forget_sets"][forget_set].get("number", forget_set))
    if not number.isdecimal():
        raise ValueError(
            f"{forget_set!r} is no published forget set: name it by its number, or give it the "
            "kind published and a number"
        )
    return int(number)


def used_forget_sets(config: Config) -> list[str]:
    """Return the names of all forget sets that the study runs, draws or tabulates, sorted."""
    names = {*config["run"]["forget_sets"], *config["table1"]}
    names |= {name for figure in config["figures"] for name in figure_forget_sets(config, figure)}
    return sorted(names)


def published_numbers(config: Config) -> list[int]:
    """Return the published numbers of all forget sets that the study uses."""
    return sorted(published_number(config, name) for name in used_forget_sets(config))


def forget_set_label(name: str, definition: Config) -> str:
    """Return a person's name of a forget set, such as ``4: top 10 of component 1``."""
    size = definition.get("size")
    match definition["kind"]:
        case "random":
            text = f"{size} random"
        case "top" | "bottom" as end:
            text = f"{end} {size} of component {definition['component']}"
        case "ends":
            text = f"{size} at both ends of component {definition['component']}"
        case "published":
            text = f"{size}, published as number {definition['number']}"
        case "group":
            text = f"{size or 'all'} of {definition['group']}"
        case "prefix":
            text = f"all that begin with {definition['text']}"
        case "class":
            text = f"{size or 'all'} of class {definition['label']}"
        case _:
            text = "given indices"
    return f"{name}: {text}"


def grid(method: Config) -> Iterator[Trajectory]:
    """Yield the trajectories of a method's sweep, its controls left out."""
    yield from trajectories({**method, "controls": []}).values()
