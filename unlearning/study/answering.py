"""What of the answer a study can give: which tables and figures its page is made of."""

from typing import Any

from unlearning.study import config_controls, data_sets, design, targets
from unlearning.study.design import Config

#: The figures that the page shows, in its order, and the part of the answer that draws each.
FIGURES = {
    "fig6": "scores",
    "fig2": "scores",
    "controls": "controls",
    "protocols": "controls",
    "selection": "selection",
    "stability": "stability",
    "influence": "influence",
    "random_sets": "random_sets",
}


def controlled(config: Config, pattern: Any) -> Any:
    """Return a file of a study whose scores can be taken apart.

    Raises
    ------
    ValueError
        As `config_controls.controlled_methods`.
    """
    config_controls.controlled_methods(config)
    return str(pattern).format(study=config["study"])


def parts(config: Config) -> list[str]:
    """Return which parts of the answer a study can give."""
    found = ["scores", "stability"]
    if targets.random_forget_sets(config):
        found.append("random_sets")
    if config["influence"] is not None:
        found.append("influence")
    for name, needs in (
        ("controls", config_controls.controlled_methods),
        ("selection", targets.selected_methods),
    ):
        try:
            needs(config)
        except ValueError:
            continue  # without such runs; the claims that need them are not tested
        found.append(name)
    return found


def figures(config: Config, among: tuple[str, ...] = tuple(FIGURES)) -> list[str]:
    """Return the figures of a study's page, in its order, or those of them that are asked for."""
    there = parts(config)
    return [name for name, part in FIGURES.items() if part in there and name in among]


def sizes(config: Config) -> dict[str, int]:
    """Return the points of each random forget set that the study runs."""
    names = targets.drawn_forget_sets(config)
    return {name: config["forget_sets"][name]["size"] for name in names}


def about(config: Config) -> str:
    """Return what a study is, in one sentence."""
    residual = config["model"].startswith("resnet")
    width = residual and config["architectures"][config["model"]].get("width")
    network = config["model"] + (f" at {width:g} of the paper's width" if width else "")
    names = config["run"]["forget_sets"]
    labels = [design.forget_set_label(name, config["forget_sets"][name]) for name in names]
    dataset = config["dataset"]
    return (
        f"Study {config['study']}: {dataset['name']}, {dataset['train']} training "
        f"{data_sets.facts(dataset['name']).kind}, {network}, N = {config['ensemble']['members']} "
        f"members an ensemble, forget sets {'; '.join(labels)}."
    )
