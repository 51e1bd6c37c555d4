"""Tables that later jobs read: sealed; how they name a run; in which order their columns stand."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import pandas as pd

from unlearning.artifacts.files import ArtifactError, atomic, check_seal, seal

#: Columns that hold names: a forget set may be called NA, 01, 1e3 or true.
NAMES = ("method", "setting", "kind", "forget_set", "split")


def read_csv(source: str | Path | IO[bytes], comment: str | None = "#") -> pd.DataFrame:
    """Read a table; names stay the text that was written, and only an empty cell is missing.

    Parameters
    ----------
    source : a file or its content
    comment : begins what is no part of the table, such as a seal
    """
    return pd.read_csv(
        source,
        comment=comment,
        dtype=dict.fromkeys(NAMES, str),
        keep_default_na=False,
        na_values=[""],
    )


def save_table(path: str, table: pd.DataFrame) -> None:
    """Write a table as CSV, sealed: the last line is a comment."""
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False)
        seal(temporary, path)


def load_table(path: str, required: Sequence[str] = ()) -> pd.DataFrame:
    """Read what `save_table` wrote, as `read_csv` does.

    Raises
    ------
    ArtifactError
        When the file is missing or damaged, or lacks a required column.
    """
    length = check_seal(path)
    table = read_csv(BytesIO(Path(path).read_bytes()[:length]), comment=None)
    missing = set(required) - set(table.columns)
    if missing:
        raise ArtifactError(f"{path} lacks {sorted(missing)}; delete it and run again")
    return table


def require_columns(table: pd.DataFrame, columns: Iterable[str], name: str) -> None:
    """Refuse a table that lacks columns.

    Raises
    ------
    ValueError
        Names the table and what it lacks.
    """
    missing = [column for column in columns if column not in table]
    if missing:
        raise ValueError(f"{name} lacks the column(s) {', '.join(missing)}.")


def snapshot_columns(run: dict[str, Any], epoch: int, ascent_epochs: int | None) -> dict[str, Any]:
    """Return the columns that tell one snapshot of a trajectory from all others.

    Parameters
    ----------
    run : ``name``, ``kind``, ``hyperparameters`` and ``grid`` (the epochs that the grid asks for)
    epoch : passes until the snapshot
    ascent_epochs : those of them with ascent, None where a method has no such number
    """
    columns = {"setting": run["name"], "kind": run["kind"], "epoch": epoch}
    columns |= {"in_grid": epoch in run["grid"], **run["hyperparameters"]}
    if ascent_epochs is not None:
        columns["ascent_epochs"] = ascent_epochs
        columns["setting"] += f"_ascent{ascent_epochs}"
    return columns


def ordered(rows: pd.DataFrame, identity: Sequence[str], measures: Sequence[str]) -> pd.DataFrame:
    """Return the rows with hyperparameters, sorted by name, between identity and measures."""
    fixed = [*identity, *measures]
    hyperparameters = sorted(column for column in rows.columns if column not in fixed)
    return rows[[*identity, *hyperparameters, *measures]]


def read_tables(paths: Iterable[str], required: Sequence[str]) -> pd.DataFrame:
    """Read and join tables of runs, as `load_table` does."""
    return pd.concat([load_table(path, required) for path in paths], ignore_index=True)
