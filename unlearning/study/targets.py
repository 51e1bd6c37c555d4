"""Which forget sets, methods and figures each target is about, or why the study has none for it."""

import csv

from unlearning.study import influence, subsampling
from unlearning.study.config_influence import influence_complaints
from unlearning.study.data_sets import facts
from unlearning.study.design import Config, pretrained_chunks
from unlearning.study.runs import forget_set_size
from unlearning.study.sources import ROOT

#: The published tables that `snakemake table1` and `snakemake compare` are about.
PUBLISHED_TABLE1 = "docs/published/table1.csv"
PUBLISHED = "docs/published/cifar10_klom.csv"


def drawn_forget_sets(config: Config) -> list[str]:
    """Return the forget sets of the study that are drawn at random."""
    names: list[str] = config["run"]["forget_sets"]
    return [name for name in names if config["forget_sets"][name]["kind"] == "random"]


def random_forget_sets(config: Config) -> list[str]:
    """Return those of them that Lemma 1 is about: none of sequences."""
    sequences = facts(config["dataset"]["name"]).kind == "sequences"
    return [] if sequences else drawn_forget_sets(config)


def compared_forget_sets(config: Config) -> list[str]:
    """Return the random forget sets of the study.

    Raises
    ------
    ValueError
        When it runs none.
    """
    found = random_forget_sets(config)
    if facts(config["dataset"]["name"]).kind == "sequences":
        raise ValueError(
            "dataset.name: Lemma 1 is about the accuracy on points of one class each, and "
            f"{config['dataset']['name']} has sequences"
        )
    if not found:
        raise ValueError(
            f"run.forget_sets: none of {', '.join(config['run']['forget_sets'])} is of kind "
            "random, and Lemma 1 is about random forget sets; add one"
        )
    return found


def selected_methods(config: Config) -> list[str]:
    """Return the methods of the study among whose runs one can be chosen.

    Raises
    ------
    ValueError
        When no grid has two runs.
    """
    names: list[str] = config["run"]["methods"]
    found = [name for name in names if len(subsampling.grid_runs(config, name)) > 1]
    if not found:
        raise ValueError(
            f"run.methods: none of {', '.join(names)} has two runs in its grid to select from; "
            "sweep a learning rate, or take snapshots at more epochs"
        )
    return found


def family(config: Config) -> list[str]:
    """Return the forget sets on which influence is held against damage.

    Raises
    ------
    ValueError
        When the study has none, or the source nothing that they could be held against.
    """
    for complaint in influence_complaints(config):
        raise ValueError(f"config: {complaint}")
    trained = config["source"] == "train"
    if not trained and "oracles" in config["influence"]["damage"]:
        raise ValueError(
            f"influence.damage: must be [pretrained] for {config['source']}, which has oracles of "
            "its own forget sets only"
        )
    if not trained and not set(influence.other_chunks(config)) <= set(pretrained_chunks(config)):
        raise ValueError(
            f"influence.chunks: {config['influence']['chunks']} leaves no pretrained member to "
            f"hold the unlearned against, and {config['source']} has no further ones; set it, or "
            "ensemble.chunk, lower"
        )
    return list(influence.forget_sets(config))


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
        if name in sizes and forget_set_size(config["forget_sets"][name]) == sizes[name]
    ]


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
