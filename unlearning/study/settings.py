"""What each rule is given: the part of the config that its result depends on, and no more.

One dictionary a concern, of built-in types only: Snakemake compares parameters by their printed
form, and would not notice two numbers that change places.
"""

from typing import Any

from unlearning.study import conditions, design, influence, needs
from unlearning.study.design import Config
from unlearning.study.runs import runs


def training_settings(config: Config) -> dict[str, Any]:
    """Return what a member trained from scratch depends on."""
    return {**unlearning_settings(config), "training": dict(config["training"])}


def pretrained_settings(config: Config) -> dict[str, Any]:
    """Return what the job of pretrained members depends on: what it keeps on the way, if asked."""
    early = needs.early_epochs(config)
    return {**training_settings(config), **({"early_epochs": early} if early else {})}


def unlearning_settings(config: Config) -> dict[str, Any]:
    """Return what an unlearned member depends on, its trajectory aside."""
    return {
        "seed": config["seed"],
        "model": model_settings(config),
        "computing": dict(config["computing"]),
    }


def model_settings(config: Config) -> dict[str, Any]:
    """Return the name of the study's architecture, and its numbers."""
    name = config["model"]
    return {"name": name, **config["architectures"][name]}


def batch_sizes(config: Config) -> list[int]:
    """Return the sizes of batch of training and of unlearning, each once, ascending."""
    trajectories = [
        run for method in config["methods"].values() for run in design.trajectories(method).values()
    ]
    sizes = {int(run.hyperparameters.get("batch_size", 1)) for run in trajectories}
    return sorted({config["training"]["batch_size"], *sizes})


def fit_settings(config: Config) -> dict[str, Any]:
    """Return how datamodels are estimated."""
    keys = ("estimator", "penalties", "iterations", "held_out")
    return {key: config["datamodels"][key] for key in keys}


def scoring_settings(config: Config) -> dict[str, Any]:
    """Return how margins become scores."""
    return {**config["klom"], "seed": config["seed"]}


def forget_set_labels(config: Config, names: list[str]) -> dict[str, str]:
    """Return a person's name of each forget set."""
    return {name: design.forget_set_label(name, config["forget_sets"][name]) for name in names}


def run_settings(
    config: Config, method: str, run: design.Trajectory, forget_set: str
) -> dict[str, Any]:
    """Return what one trajectory is called with."""
    return {
        "arguments": design.arguments(config, method, forget_set, run),
        "snapshots": design.snapshots(config, method, forget_set, run),
        "conditions": conditions.conditions(config["protocol"], run.hyperparameters),
        **needs.settings(config, method),
    }


def scored_runs(config: Config, method: str, forget_set: str) -> list[dict[str, Any]]:
    """Return the trajectories of a method on a forget set, each with the axis of its snapshots."""
    return [
        {
            "method": method,
            "name": run.name,
            "kind": run.kind,
            "hyperparameters": {
                key: value
                for key, value in run.hyperparameters.items()
                if not isinstance(value, list)
            },
            "snapshots": design.snapshots(config, method, forget_set, run),
            "grid": list(run.epochs),
        }
        for run in runs(config, method, forget_set).values()
    ]


def chunked_members(chunks: list[str]) -> list[list[int]]:
    """Return the numbers of the members of each chunk."""
    return [design.chunk_members(chunk) for chunk in chunks]


def figure_options(config: Config, figure: str) -> dict[str, Any]:
    """Return what a figure draws, and what it calls the forget sets."""
    forget_sets = design.figure_forget_sets(config, figure)
    methods = design.figure_methods(config, figure)
    return {
        "forget_sets": forget_sets,
        "methods": methods,
        "told": needs.told(config, methods),
        "labels": forget_set_labels(config, forget_sets),
    }


def compared_runs(config: Config, forget_set: str) -> list[dict[str, Any]]:
    """Return the trajectories of all methods on a random forget set, as `scored_runs` does.

    Raises
    ------
    ValueError
        When the forget set is of another kind.
    """
    kind = config["forget_sets"][forget_set]["kind"]
    if kind != "random":
        raise ValueError(
            f"forget_sets.{forget_set}: is of kind {kind}, and Lemma 1 is about kind random"
        )
    return every_run(config, forget_set)


def every_run(config: Config, forget_set: str) -> list[dict[str, Any]]:
    """Return the trajectories of all methods on a forget set, as `scored_runs` does."""
    return [
        run
        for method in config["run"]["methods"]
        for run in scored_runs(config, method, forget_set)
    ]


def damage_settings(config: Config, forget_set: str) -> dict[str, Any]:
    """Return what is scored of a forget set of the family of influence, and against what."""
    family = config["influence"]
    return {
        "run": scored_runs(config, family["method"], forget_set)[0],
        "members": chunked_members(influence.unlearned_chunks(config)),
        "against": family["damage"],
        "others": chunked_members(influence.other_chunks(config)),
    }


def family_run(config: Config) -> dict[str, Any]:
    """Return the method and the setting that the family of influence is unlearned in."""
    run = influence.trajectory(config)
    (snapshot,) = run.snapshots()
    return {"method": config["influence"]["method"], "setting": run.name, "snapshot": snapshot}


def family_columns(config: Config) -> list[dict[str, Any]]:
    """Return what tells one forget set of the family of influence from another."""
    return [
        {
            "forget_set": name,
            "kind": definition["kind"],
            "component": definition.get("component"),
            "chain": influence.chain(definition),
            "size": definition["size"],
        }
        for name, definition in influence.forget_sets(config).items()
    ]


def theory_figure_options(config: Config, figure: str) -> dict[str, Any]:
    """Return what a figure of the theory says about how its tables were made."""
    theory = config["theory"]
    keys = {"fig3": ("data", "retain_ij", "ridge"), "logistic": ("step",)}
    return {key: theory[figure][key] for key in keys.get(figure, ())}
