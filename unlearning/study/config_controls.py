"""Whether a study has the controls that its scores are taken apart by."""

from unlearning.study import design
from unlearning.study.config_methods import WITH_BATCH_NORM
from unlearning.study.design import Config, Trajectory


def controlled_methods(config: Config) -> list[str]:
    """Return the methods of a study, some run of which can be told from drift.

    Raises
    ------
    ValueError
        When the model has no BatchNorm, every run is as published, or no run has its controls.
    """
    if config["model"] not in WITH_BATCH_NORM:
        raise ValueError(
            f"controls: model {config['model']} has no BatchNorm, whose drift is to be told from "
            "ascent; take a study with one, such as studies/digits_resnet9.yaml"
        )
    if config["protocol"] == "published":
        raise ValueError(
            "controls: protocol published makes every run as published; set corrected, and give "
            "methods controls such as {order: [index]} to see both side by side"
        )
    names: list[str] = config["run"]["methods"]
    if not any(_taken_apart(config["methods"][name]) for name in names):
        raise ValueError(
            f"controls: no run of {', '.join(names)} has both the control at learning rate 0 and "
            "that with batch_norm frozen at one of its epochs and else as it is; add them under "
            "methods, as studies/digits_resnet9.yaml does"
        )
    return names


def _taken_apart(method: Config) -> bool:
    """Return whether some run of a method has both controls at an epoch of its own."""
    found = list(design.trajectories(method).values())

    def controls(run: Trajectory, kind: str, name: str) -> set[design.SnapshotKey]:
        others = (other for other in found if other.kind == kind and _apart(run, other) == {name})
        return {key for other in others for key in other.snapshots()}

    return any(
        set(run.snapshots())
        & controls(run, "zero_learning_rate", "learning_rate")
        & controls(run, "frozen_batch_norm", "batch_norm")
        for run in found
        if run.kind == "grid"
    )


def _apart(run: Trajectory, other: Trajectory) -> set[str]:
    """Return the hyperparameters in which two runs of a method differ."""
    one, two = run.hyperparameters, other.hyperparameters
    return {name for name in {*one, *two} if one.get(name) != two.get(name)}
