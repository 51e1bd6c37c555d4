"""Which runs of a method a forget set gets."""

from unlearning.study import influence
from unlearning.study.design import Config, Trajectory


def forget_set_size(definition: Config) -> int | None:
    """Return the points of a forget set; None where only the data know, such as a whole class."""
    if "file" in definition:
        # Only studies with index files pay for importing numpy here.
        from unlearning.forget_sets import read_indices

        return len(read_indices(definition["file"]))
    return definition.get("size")


def cuts(run: Trajectory, definition: Config) -> bool:
    """Return whether a run leaves out points of a forget set, as far as its size is known."""
    limit, size = run.hyperparameters.get("forget_limit"), forget_set_size(definition)
    return limit is not None and (size is None or size > limit)


def runs(config: Config, method: str, forget_set: str) -> dict[str, Trajectory]:
    """Return the trajectories that a method takes on a forget set, controls last.

    One with a ``forget_limit`` of its own is left out where that cuts nothing: it would be the run
    without it once more.
    """
    definitions = config["forget_sets"]
    return {
        name: run
        for name, run in influence.trajectories(config, method, forget_set).items()
        if run.hyperparameters.get("forget_limit") is None or cuts(run, definitions[forget_set])
    }
