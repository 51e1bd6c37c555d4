"""How many members, and which runs, `stability` looks at."""

from typing import Any

from unlearning.study import design, settings
from unlearning.study.design import Config, SnapshotKey

#: The N that the paper compares, and two more: how few are too few, and what twice as many bring.
PAPER_MEMBERS = (10, 20, 50, 80, 100, 200)


def subsample_sizes(config: Config) -> list[int]:
    """Return the numbers of members to subsample, ascending; the last one is all members.

    ``auto`` takes the paper's below the study's own.
    """
    everyone, asked = config["ensemble"]["members"], config["stability"]["members"]
    sizes = PAPER_MEMBERS if asked == "auto" else asked
    return sorted({*(size for size in sizes if size < everyone), everyone})


def gaussian_sizes(config: Config) -> list[int]:
    """Return the N at which equal Gaussians are scored: those, and all of the paper's."""
    return sorted({*PAPER_MEMBERS, *subsample_sizes(config)})


def forget_sets(config: Config) -> list[str]:
    """Return the forget sets that are looked at: the stanza's own list, or all of the study."""
    names: list[str] = config["stability"].get("forget_sets") or config["run"]["forget_sets"]
    return names


def methods(config: Config) -> list[str]:
    """Return the methods that are looked at: the stanza's own list, or all of the study."""
    names: list[str] = config["stability"].get("methods") or config["run"]["methods"]
    return names


def grid_runs(config: Config, method: str) -> list[tuple[str, SnapshotKey]]:
    """Return the runs of a method's grid, trajectory and snapshot, in its order.

    No controls, and no snapshot that only Fig. 2 wants.
    """
    return [
        (run.name, snapshot)
        for run in design.grid(config["methods"][method])
        for snapshot in run.snapshots()
        if run.kind == "grid"
    ]


def looked_at(config: Config, method: str) -> dict[str, list[SnapshotKey]]:
    """Return the runs of a method's grid that are looked at: trajectory -> snapshots.

    Of a grid that is too large as many as allowed, evenly spaced along it: a choice that knows no
    score.
    """
    found = grid_runs(config, method)
    allowed = config["stability"]["runs"]
    if len(found) > allowed:
        last = len(found) - 1
        found = [found[round(last * place / max(allowed - 1, 1))] for place in range(allowed)]
    chosen: dict[str, list[SnapshotKey]] = {}
    for name, snapshot in found:
        chosen.setdefault(name, []).append(snapshot)
    return chosen


def subsampled_runs(config: Config, forget_set: str) -> list[dict[str, Any]]:
    """Return the trajectories that are read, as `settings.scored_runs` does.

    Each has its snapshots of `looked_at` besides.
    """
    chosen = {method: looked_at(config, method) for method in methods(config)}
    return [
        {**run, "looked_at": chosen[method][run["name"]]}
        for method in chosen
        for run in settings.scored_runs(config, method, forget_set)
        if run["name"] in chosen[method]
    ]


def subsampled_files(config: Config, pattern: str, wildcards: Any) -> list[str]:
    """Return the files of `subsampled_runs`, chunk after chunk of each."""
    return [
        pattern.format(**dict(wildcards.items()), method=method, trajectory=trajectory, chunk=chunk)
        for method in methods(config)
        for trajectory in looked_at(config, method)
        for chunk in design.pretrained_chunks(config)
    ]
