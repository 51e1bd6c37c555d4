"""What stands behind a figure: digests of code and config, and what its jobs recorded.

Results follow code by content, not by commit: the commit at which a result was made may differ from
the one that is checked out, as long as none of the files that it depends on do. So code is named by
the identifiers that git gives to the contents of files, and
``git log --all --find-object=IDENTIFIER`` finds the commits that have it.
"""

import hashlib
import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from unlearning.planning.costs import Costs
from unlearning.provenance import lineage
from unlearning.provenance.lineage import Job
from unlearning.study import needs
from unlearning.study.design import Config
from unlearning.study.method_files import method_source
from unlearning.study.sources import ROOT, blob, is_outside

#: What jobs record of where and how they ran, under the name that the page gives it.
PLACES = {
    "device_name": "devices",
    "strategy": "members as",
    "precision": "precision",
    "torch": "torch",
    "python": "python",
    "threads": "threads",
}

#: In place of what the record of members that were not trained here does not say.
PUBLISHED = "as published"

#: Keys of a config that no result depends on.
OF_RUNS = (
    *("target", "gpus", "hours", "checkpoint_epochs", "load_data_on", "name", "style", "merge"),
    *("account", "cpu_partition", "gpu_partition", "gpu_type", "leave_out"),
)

SEEDS = (
    "A member's seed is the first 64-bit word, shifted right by one bit, that numpy's "
    "SeedSequence gives for four numbers: the seed of the study; the role of the member and the "
    "name of its forget set, each as the first eight bytes, big-endian, of the name's SHA-256; "
    "the number of the member (unlearning/study/seeds.py). The first member of each ensemble has "
    "the seed below; records (.json) hold those of all. From it torch draws a member's first "
    "weights, and SplitMix64 the order of its points in each epoch "
    "(unlearning/computing/batches.py). Forget sets of kind random or class have a seed of their "
    "own in the config, as has the theory."
)


def code_digest(files: Iterable[str], folder: str = ".") -> str:
    """Return one digest of the names and contents of files of code.

    Parameters
    ----------
    files : names, as `unlearning.study.sources` has them
    folder : in which a method of a user's own lies: of its files only the place there counts
    """
    listing = sorted(
        (os.path.relpath(path, folder) if is_outside(path) else path, blob(path)) for path in files
    )
    return hashlib.sha256(json.dumps(listing).encode()).hexdigest()


def of_results(config: Config) -> Config:
    """Return a study's config without what no result depends on."""
    asked = any(needs.of_method(config, method) for method in config.get("methods", ()))
    left_out = OF_RUNS if asked else (*OF_RUNS, "needs")
    return {key: value for key, value in config.items() if key not in left_out}


def config_digest(config: Config) -> str:
    """Return a digest of `of_results`, which does not depend on the order of keys."""
    config = of_results(config)
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def repository(root: Path = ROOT) -> dict[str, Any] | None:
    """Return the commit that is checked out and the files that differ from it.

    Returns
    -------
    dict or None
        ``commit`` and ``changed``; None where the folder is not itself a git checkout.
    """

    def git(*arguments: str) -> str:
        command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    try:
        if Path(git("rev-parse", "--show-toplevel").strip()).resolve() != root.resolve():
            return None
        commit = git("rev-parse", "HEAD").strip()
        changed = git("status", "--porcelain").splitlines()
    except (OSError, subprocess.CalledProcessError):
        return None
    return {"commit": commit, "changed": [line[3:] for line in changed]}


def seconds(record: Mapping[str, Any]) -> float:
    """Return the seconds that a job computed for, by its record.

    Of several branches of a trajectory each counts from the start, what they share included.
    """
    if "snapshots" not in record:
        return float(record["seconds"][-1])
    branches: dict[int | None, float] = {}
    for (_, ascent), spent in zip(record["snapshots"], record["seconds"], strict=True):
        branches[ascent] = max(spent, branches.get(ascent, 0.0))
    return sum(branches.values())


def work(
    jobs: Sequence[Job], records: Mapping[Job, Mapping[str, Any]], costs: Costs
) -> dict[str, dict[str, Any]]:
    """Add up what jobs recorded, rule by rule.

    Parameters
    ----------
    jobs : that trained or unlearned
    records : what each of them recorded
    costs : counts their sample gradients

    Returns
    -------
    dict
        Rule -> ``jobs``, ``members`` (of all its ensembles), ``seconds``, ``sample_gradients`` (of
        all members), and, as value -> jobs, the names of `PLACES`.
    """
    found: dict[str, dict[str, Any]] = {}
    for rule in dict.fromkeys(job.rule for job in jobs):
        mine = [(job, records[job]) for job in jobs if job.rule == rule]
        found[rule] = {
            "jobs": len(mine),
            "members": sum(len(record["members"]) for _, record in mine),
            "seconds": round(sum(seconds(record) for _, record in mine), 1),
            "sample_gradients": sum(costs.work(rule, job).gradients for job, _ in mine),
        } | {
            name: dict(sorted(Counter(record.get(key, PUBLISHED) for _, record in mine).items()))
            for key, name in PLACES.items()
        }
    return found


def scope_code(config: Config, scope: str) -> str:
    """Return the digest of all code behind the figures that a page is about."""
    return code_digest(
        code_of(config, lineage.scope_figures(config, scope), lineage.scope_theory(scope))
    )


def trace(
    config: Config, figure: str, records: Mapping[Job, Mapping[str, Any]], files: Mapping[str, str]
) -> dict[str, Any]:
    """Return what stands behind a figure of the study.

    Parameters
    ----------
    config : the study
    figure : name
    records : what the jobs behind the figure recorded, and perhaps others
    files : the figure's files and their checksums
    """
    forget_sets, methods = lineage.shown(config, figure)
    jobs = lineage.jobs_behind(config, figure)
    return {
        "files": dict(files),
        "forget_sets": forget_sets,
        "methods": methods,
        "members": config["ensemble"]["members"] if methods else None,
        "tables": lineage.tables_behind(config, figure),
        "work": work(jobs, records, Costs(config)),
        **_code(lineage.code_behind(config, figure)),
    }


def trace_theory(figure: str, files: Mapping[str, str]) -> dict[str, Any]:
    """Return what stands behind a figure of the theory, as `trace` does."""
    nothing: dict[str, Any] = {"forget_sets": [], "methods": [], "members": None}
    code = _code(lineage.theory_code(figure))
    return {"files": dict(files), **nothing, "tables": [], "work": {}, **code}


def _code(code: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    return {
        "rules": {rule: code_digest(files) for rule, files in code.items()},
        "code_sha256": code_digest({file for files in code.values() for file in files}),
    }


def code_of(config: Config, figures: Iterable[str], theory: Iterable[str]) -> list[str]:
    """Return every file of code behind figures of the study and of the theory, sorted."""
    parts = [lineage.code_behind(config, name) for name in figures]
    parts += [lineage.theory_code(name) for name in theory]
    return sorted({file for rules in parts for files in rules.values() for file in files})


def method_digests(config: Config, methods: Iterable[str]) -> dict[str, str]:
    """Return the digest of all code behind the scores of each method on the study's forget sets."""
    found = {}
    for method in methods:
        alone = {**config, "figures": {"league": {"methods": [method]}}}
        code = lineage.code_behind(alone, "league")
        files = {file for rule, names in code.items() if rule != "draw_figure" for file in names}
        folder = os.path.dirname(method_source(method, config["methods"][method]))
        found[method] = code_digest(files, folder)
    return found
