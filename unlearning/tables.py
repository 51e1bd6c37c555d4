"""Tables of runs: how they name a run, in which order their columns stand, how they are read."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd


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
    """Read and join tables of runs; the names of forget sets and settings stay text.

    Raises
    ------
    ValueError
        When a file is not a table, or lacks a required column.
    """
    tables = []
    for path in paths:
        try:
            table = pd.read_csv(path, dtype={"forget_set": str, "setting": str})
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is not a table ({error}); delete it and run again") from error
        missing = set(required) - set(table.columns)
        if missing:
            raise ValueError(f"{path} lacks {sorted(missing)}; delete it and run again")
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
