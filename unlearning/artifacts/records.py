"""What stands beside margins: the record of whose they are."""

import json
from collections.abc import Sequence
from typing import Any

from unlearning.artifacts.files import ArtifactError, load_record
from unlearning.study.seeds import ensemble_seeds


def load_records(
    paths: Sequence[str],
    chunks: Sequence[Sequence[int]],
    *,
    study_seed: int,
    role: str,
    forget_set: str,
    source: str = "train",
    **facts: Any,
) -> list[dict[str, Any]]:
    """Read the records of an ensemble's chunks, and refuse those of other members.

    Parameters
    ----------
    paths : records, one a chunk
    chunks : numbers of the members of each chunk
    study_seed, role, forget_set, source : what the members' seeds derive from
    facts : what else the records must say, such as the epochs of the snapshot axis

    Returns
    -------
    list of dict

    Raises
    ------
    ArtifactError
        When a record is damaged, or tells of other members, seeds or facts.
    """
    records = []
    for path, members in zip(paths, chunks, strict=True):
        record = load_record(path)
        seeds = ensemble_seeds(source, study_seed, role, forget_set, members)
        wanted = json.loads(json.dumps({"members": list(members), "seeds": seeds, **facts}))
        for key, value in wanted.items():
            if record.get(key) != value:
                raise ArtifactError(
                    f"{path} holds other {key} than this study's; delete it and run again"
                )
        records.append(record)
    return records


def load_run_records(
    paths: Sequence[str],
    runs: Sequence[dict[str, Any]],
    chunks: Sequence[Sequence[int]],
    *,
    study_seed: int,
    forget_set: str,
) -> list[list[dict[str, Any]]]:
    """Read the records of every trajectory's chunks, as `load_records` does.

    Parameters
    ----------
    paths : records, chunk after chunk of run after run
    runs : a dictionary a trajectory, with its ``method``, its ``name`` and its axis as
        ``snapshots``
    chunks, study_seed, forget_set : as in `load_records`

    Returns
    -------
    list
        The records of each run's chunks.
    """
    by_run = [paths[first : first + len(chunks)] for first in range(0, len(paths), len(chunks))]
    return [
        load_records(
            files,
            chunks,
            study_seed=study_seed,
            role="unlearned",
            forget_set=forget_set,
            method=run["method"],
            trajectory=run["name"],
            snapshots=run["snapshots"],
        )
        for run, files in zip(runs, by_run, strict=True)
    ]
