"""Which runs have stopping times to choose from, for points of their own."""

from typing import Any

from unlearning.study import design, settings
from unlearning.study.design import Config


def stopped_runs(config: Config, forget_set: str) -> list[dict[str, Any]]:
    """Return the trajectories of the grid with two snapshots or more, as `settings.scored_runs`."""
    return [
        run
        for method in config["run"]["methods"]
        for run in settings.scored_runs(config, method, forget_set)
        if run["kind"] == "grid" and len(run["snapshots"]) > 1
    ]


def stopped_files(config: Config, pattern: str, wildcards: Any) -> list[str]:
    """Return the files of `stopped_runs`, chunk after chunk of each."""
    return [
        pattern.format(
            **dict(wildcards.items()), method=run["method"], trajectory=run["name"], chunk=chunk
        )
        for run in stopped_runs(config, wildcards.forget_set)
        for chunk in design.pretrained_chunks(config)
    ]


def stopped_forget_sets(config: Config) -> list[str]:
    """Return the forget sets of the study that have such runs."""
    return [name for name in config["run"]["forget_sets"] if stopped_runs(config, name)]
