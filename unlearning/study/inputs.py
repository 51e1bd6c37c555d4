"""Which files, and tables of which rules, a rule reads: from the config alone."""

from collections.abc import Sequence
from typing import Any

from unlearning.study import design, influence, settings
from unlearning.study.design import Config
from unlearning.study.runs import runs

#: The rules whose tables the figures of the theory draw.
THEORY = {
    "fig3": ["tabulate_ranges"],
    "fig4": ["run_toy"],
    "escape": ["measure_escapes", "run_toy"],
    "logistic": ["run_logistic"],
}


def ensemble_rule(config: Config, role: str) -> str:
    """Return the rule that makes the ensemble of a role: it trains them or takes them over."""
    return f"{'train' if config['source'] == 'train' else 'import'}_{role}"


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


def unlearned_files(config: Config, pattern: str, wildcards: Any) -> list[str]:
    """Return the files of a method's trajectories on a forget set, chunk after chunk of each."""
    return [
        pattern.format(**dict(wildcards.items()), trajectory=trajectory, chunk=chunk)
        for trajectory in runs(config, wildcards.method, wildcards.forget_set)
        for chunk in design.pretrained_chunks(config)
    ]


def compared_files(config: Config, pattern: str, wildcards: Any) -> list[str]:
    """Return the files of `settings.compared_runs`, chunk after chunk of each."""
    return _of_runs(config, pattern, wildcards, settings.compared_runs)


def every_file(config: Config, pattern: str, wildcards: Any) -> list[str]:
    """Return the files of `settings.every_run`, chunk after chunk of each."""
    return _of_runs(config, pattern, wildcards, settings.every_run)


def _of_runs(config: Config, pattern: str, wildcards: Any, which: Any) -> list[str]:
    return [
        pattern.format(
            **dict(wildcards.items()), method=run["method"], trajectory=run["name"], chunk=chunk
        )
        for run in which(config, wildcards.forget_set)
        for chunk in design.pretrained_chunks(config)
    ]


def chunk_files(pattern: str, chunks: Sequence[str], wildcards: Any) -> list[str]:
    """Return the files of some chunks of an ensemble."""
    return [pattern.format(**dict(wildcards.items()), chunk=chunk) for chunk in chunks]


def family_files(config: Config, pattern: str, wildcards: Any) -> list[str]:
    """Return the files of the one setting that a set of the family of influence is unlearned in."""
    return [
        pattern.format(
            **dict(wildcards.items()),
            method=config["influence"]["method"],
            trajectory=influence.trajectory(config).name,
            chunk=chunk,
        )
        for chunk in influence.unlearned_chunks(config)
    ]


def aligned(pattern: str, wildcards: Any) -> list[str]:
    """Return what shows that a published ensemble is of the study's points, on a forget set.

    Of the family of influence there is no published oracle that it could be held against.
    """
    if influence.in_family(wildcards.forget_set):
        return []
    return [pattern.format(**dict(wildcards.items()))]
