"""Which runs of a language model are asked for texts, and of how many members."""

from typing import Any

from unlearning.study import design, needs, settings
from unlearning.study.data_sets import facts
from unlearning.study.design import Config
from unlearning.study.runs import runs as runs_of

#: Members that are asked, at most: each goes through its runs once more.
MEMBERS = 5


def forget_sets(config: Config) -> list[str]:
    """Return the forget sets of a study whose members say something: none of images."""
    if facts(config["dataset"]["name"]).kind != "sequences":
        return []
    names: list[str] = config["run"]["forget_sets"]
    return names


def methods(config: Config) -> list[str]:
    """Return the methods that are asked: those that need nothing but members.

    Raises
    ------
    ValueError
        When the study is of images.
    """
    if not forget_sets(config):
        name = config["dataset"]["name"]
        raise ValueError(
            f"texts: {name} has images, and its members say nothing; take a study of sequences, "
            "such as studies/names.yaml"
        )
    names: list[str] = config["run"]["methods"]
    return [name for name in names if not needs.of_method(config, name)]


def members(config: Config) -> list[int]:
    """Return the members that are asked, the first ones of the first chunk."""
    return design.chunk_members(design.pretrained_chunks(config)[0])[:MEMBERS]


def runs(config: Config, forget_set: str) -> list[dict[str, Any]]:
    """Return the grid's runs on a forget set, each as it is called and with its names."""
    return [
        {"method": name, "name": run.name, **settings.run_settings(config, name, run, forget_set)}
        for name in methods(config)
        for run in runs_of(config, name, forget_set).values()
        if run.kind == "grid"
    ]
