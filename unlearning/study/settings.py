"""What each rule is given: the part of the config that its result depends on, and no more.

One dictionary a concern, of built-in types only: Snakemake compares parameters by their printed
form, and would not notice two numbers that change places.
"""

import csv
from typing import Any

from unlearning.study import design
from unlearning.study.design import Config
from unlearning.study.sources import ROOT

#: The published table that `snakemake compare` is about.
PUBLISHED = "docs/published/cifar10_klom.csv"


def training_settings(config: Config) -> dict[str, Any]:
    """Return what a member trained from scratch depends on."""
    return {**unlearning_settings(config), "training": dict(config["training"])}


def unlearning_settings(config: Config) -> dict[str, Any]:
    """Return what an unlearned member depends on, its trajectory aside."""
    name = config["model"]
    return {
        "seed": config["seed"],
        "model": {"name": name, **config["architectures"][name]},
        "computing": dict(config["computing"]),
    }


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


def forget_set_inputs(
    config: Config, name: str, projections: str, published: str
) -> dict[str, str]:
    """Return the further inputs of a forget set: projections, a user's file, a published one."""
    definition = config["forget_sets"][name]
    if "component" in definition:
        return {"projections": projections}
    if "file" in definition:
        return {"indices": definition["file"]}
    if "number" in definition:
        return {"published": published}
    return {}


def forget_set_labels(config: Config, names: list[str]) -> dict[str, str]:
    """Return a person's name of each forget set."""
    return {name: design.forget_set_label(name, config["forget_sets"][name]) for name in names}


def run_settings(config: Config, method: str, trajectory: str, forget_set: str) -> dict[str, Any]:
    """Return what one trajectory is called with."""
    run = design.trajectories(config["methods"][method])[trajectory]
    published = config["protocol"] == "published"
    return {
        "arguments": design.arguments(config, method, forget_set, run),
        "snapshots": design.snapshots(config, method, forget_set, run),
        "shuffle": not published,
        "forget_limit": design.PUBLISHED_FORGET_LIMIT if published else None,
    }


def scored_runs(config: Config, method: str, forget_set: str) -> list[dict[str, Any]]:
    """Return the trajectories of a method, each with the axis of its snapshots."""
    return [
        {
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
        for run in design.trajectories(config["methods"][method]).values()
    ]


def unlearned_files(config: Config, pattern: str, wildcards: Any) -> list[str]:
    """Return the files of a method's trajectories on a forget set, chunk after chunk of each."""
    return [
        pattern.format(**dict(wildcards.items()), trajectory=trajectory, chunk=chunk)
        for trajectory in design.trajectories(config["methods"][wildcards.method])
        for chunk in design.pretrained_chunks(config)
    ]


def chunked_members(chunks: list[str]) -> list[list[int]]:
    """Return the numbers of the members of each chunk."""
    return [design.chunk_members(chunk) for chunk in chunks]


def figure_options(config: Config, figure: str) -> dict[str, Any]:
    """Return what a figure draws, and what it calls the forget sets."""
    forget_sets = design.figure_forget_sets(config, figure)
    return {
        "forget_sets": forget_sets,
        "methods": design.figure_methods(config, figure),
        "labels": forget_set_labels(config, forget_sets),
    }


def random_forget_sets(config: Config) -> list[str]:
    """Return the forget sets of the study that Lemma 1 is about."""
    names: list[str] = config["run"]["forget_sets"]
    return [name for name in names if config["forget_sets"][name]["kind"] == "random"]


def compared_forget_sets(config: Config) -> list[str]:
    """Return the random forget sets of the study.

    Raises
    ------
    ValueError
        When it runs none.
    """
    found = random_forget_sets(config)
    if not found:
        raise ValueError(
            f"run.forget_sets: none of {', '.join(config['run']['forget_sets'])} is of kind "
            "random, and Lemma 1 is about random forget sets; add one"
        )
    return found


def table1_forget_sets(config: Config) -> list[str]:
    """Return the forget sets of Table 1.

    Raises
    ------
    ValueError
        When the study names none.
    """
    names: list[str] = config["table1"]
    if not names:
        raise ValueError(
            "table1: names no forget set; name those that hold 0.02, 0.2 and 10 % of the training "
            "images of fashion_mnist, as studies/fashion_mnist.yaml does"
        )
    return names


def published_forget_sets(config: Config) -> list[str]:
    """Return the forget sets of the study that the published table of KLoM has, in size as well."""
    with (ROOT / PUBLISHED).open(newline="") as file:
        rows = list(csv.DictReader(file))
    sizes = {row["forget_set"]: int(row["size"]) for row in rows}
    data = {(row["dataset"], int(row["n_train"])) for row in rows}
    if (config["dataset"]["name"], config["dataset"]["train"]) not in data:
        return []
    return [
        name
        for name in config["run"]["forget_sets"]
        if name in sizes and _size(config["forget_sets"][name]) == sizes[name]
    ]


def _size(definition: Config) -> int | None:
    """Return the size of a forget set, of given indices that of their file."""
    if "file" not in definition:
        return definition.get("size")
    # Only studies with index files pay for importing numpy here.
    from unlearning.forget_sets import read_indices

    return len(read_indices(definition["file"]))


def required_published_forget_sets(config: Config) -> list[str]:
    """Return `published_forget_sets`.

    Raises
    ------
    ValueError
        When there are none.
    """
    names = published_forget_sets(config)
    if not names:
        raise ValueError(
            f"compare: {PUBLISHED} has other data or forget sets of other sizes than this study; "
            "studies/cifar10.yaml has its own"
        )
    return names


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
    return [
        {"method": method, **run}
        for method in config["run"]["methods"]
        for run in scored_runs(config, method, forget_set)
    ]


def compared_files(config: Config, pattern: str, wildcards: Any) -> list[str]:
    """Return the files of `compared_runs`, chunk after chunk of each."""
    return [
        pattern.format(
            **dict(wildcards.items()), method=run["method"], trajectory=run["name"], chunk=chunk
        )
        for run in compared_runs(config, wildcards.forget_set)
        for chunk in design.pretrained_chunks(config)
    ]


def theory_figure_options(config: Config, figure: str) -> dict[str, Any]:
    """Return what a figure of the theory says about how its tables were made."""
    theory = config["theory"]
    keys = {"fig3": ("data", "retain_ij", "ridge"), "logistic": ("step",)}
    return {key: theory[figure][key] for key in keys.get(figure, ())}
