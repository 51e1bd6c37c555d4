"""A league as records, one a method, and records of other groups as rows beside ours."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from unlearning.league.chosen import CELL, WHOLE, Chosen
from unlearning.league.equal_cost import COLUMNS
from unlearning.league.excess import MEASURES, WORST
from unlearning.league.front import IDENTITY, POINT, pareto
from unlearning.scoring.rows import SPLITS
from unlearning.study import exchange
from unlearning.study.exchange import CHECKSUM, FORMAT, VERSION, Record

#: Digits after the point of what is exchanged.
DIGITS = 6
#: Of a chosen run, as a record has them.
COPIED = (
    *("setting", "epoch", "learning_rate", "relative_cost", "given_cost"),
    *("runs", "tied", "diverged"),
)


def _number(value: Any) -> float:
    return round(float(value), DIGITS)


def _or_none(value: Any) -> Any:
    """Return a cell as JSON has it: null where it is empty."""
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _interval(row: Mapping[Any, Any], name: str) -> list[float]:
    return [_number(row[f"{name}{end}"]) for end in ("", "_low", "_high")]


def to_records(
    chosen: Chosen,
    runs: pd.DataFrame,
    *,
    facts: Mapping[str, Any],
    forget_sets: Sequence[Mapping[str, Any]],
    stanzas: Mapping[str, Mapping[str, Any]],
    code: Mapping[str, str],
) -> list[Record]:
    """Return a record of each method of the study; docs/league.md says what is in it.

    Parameters
    ----------
    chosen : of the study alone
    runs : what `front.with_front` returned, of the study alone
    facts : what all records share
    forget_sets : ``name``, ``label``, ``points`` and ``sha256`` of each
    stanzas : method -> its settings
    code : method -> digest of the code behind its scores
    """
    records = []
    for method, stanza in stanzas.items():
        own = chosen.table[chosen.table["method"] == method]
        mine = runs[runs["method"] == method]
        records.append(
            {
                "format": FORMAT,
                "version": VERSION,
                **facts,
                "method": method,
                "told": bool(mine["told"].any()),
                "settings": dict(stanza),
                "code_sha256": code[method],
                "forget_sets": [dict(each) for each in forget_sets],
                "chosen": [_chosen(row) for row in own.to_dict("records")],
                # What one of its own beats, no league has on its front.
                "front": [_point(row) for row in _own_front(mine).to_dict("records")],
            }
        )
    return records


def _chosen(row: Mapping[Any, Any]) -> dict[str, Any]:
    epoch, rate = _or_none(row["epoch"]), _or_none(row["learning_rate"])
    return {
        **{name: row[name] for name in ("forget_set", "budget", "rule")},
        "setting": _or_none(row["setting"]),
        "epoch": None if epoch is None else int(epoch),
        "learning_rate": None if rate is None else float(rate),
        "relative_cost": _number(row["relative_cost"]),
        "given_cost": _number(row["given_cost"]),
        "runs": int(row["runs"]),
        "tied": int(row["tied"]),
        "diverged": int(row["diverged"]),
        "excess": {name: _interval(row, f"excess_{name}") for name in MEASURES},
        "equal_cost": {
            "verdict": row["equal_cost"],
            "epoch": int(row["stopped_epoch"]),
            "cost": _number(row["stopped_cost"]),
            "ahead": _interval(row, "ahead"),
        },
    }


def _own_front(runs: pd.DataFrame) -> pd.DataFrame:
    parts = [
        here[pareto(here["relative_cost"], here["excess_worst"])]
        for _, here in runs.groupby("forget_set", sort=False)
    ]
    return pd.concat(parts)


def _point(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "forget_set": row["forget_set"],
        "setting": str(row["setting"]),
        "epoch": int(row["epoch"]),
        "relative_cost": _number(row["relative_cost"]),
        "worst": _interval(row, f"excess_{WORST}"),
    }


class Theirs:
    """A record of another group, as rows under the names of the study's own forget sets.

    Parameters
    ----------
    record : what `exchange.read` returned
    path : the file that it is from
    identifiers : forget set of the study -> `exchange.points_digest`

    Raises
    ------
    ValueError
        When a forget set of the study is not among its own.
    """

    def __init__(self, record: Record, path: str, identifiers: Mapping[str, str]) -> None:
        self.record = record
        self.source = f"{record['study']}, {path}"
        there = {each[CHECKSUM]: each["name"] for each in record["forget_sets"]}
        self.names = {}
        for name, identifier in identifiers.items():
            if identifier not in there:
                raise ValueError(f"{path} has no scores of forget set {name}")
            self.names[there[identifier]] = name

    def _first(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "source": self.source,
            "forget_set": self.names[row["forget_set"]],
            "method": self.record["method"],
            "baseline": False,
            "told": self.record["told"],
        }

    def chosen(self, budgets: Sequence[float], *, repeats: int) -> Chosen:
        """Return its chosen runs within those of the budgets that it has.

        Its members are not ours, and its replicates are not in the record: they are drawn from its
        intervals, independent of ours and alike on all forget sets, so that no interval of a mean
        comes out too narrow.

        Parameters
        ----------
        budgets : of the league
        repeats : of the replicates
        """
        rows, reach = [], []
        for row in self.record["chosen"]:
            if row["forget_set"] not in self.names or row["budget"] not in budgets:
                continue
            excess, equal = row["excess"], row["equal_cost"]
            found = {**self._first(row), **{name: row[name] for name in ("budget", "rule")}}
            found |= {name: row[name] for name in COPIED}
            found |= {"n_members": self.record["members"]}
            for name in MEASURES:
                ends = zip(("", "_low", "_high"), excess[name], strict=True)
                found |= {f"excess_{name}{end}": value for end, value in ends}
            found["worst_split"] = max(SPLITS, key=lambda name: excess[name][0])
            decided = (equal["verdict"], equal["epoch"], equal["cost"], *equal["ahead"])
            rows.append(found | dict(zip(COLUMNS, decided, strict=True)))
            reach.append([(excess[name][2] - excess[name][1]) / 2 for name in MEASURES])
        seed = int(self.record[CHECKSUM][:8], 16)
        drawn = np.random.default_rng(seed).standard_normal((len(MEASURES), repeats))
        drawn = (drawn - drawn.mean(axis=1, keepdims=True)) / drawn.std(axis=1, ddof=1)[:, None]
        widths = np.array(reach).reshape(-1, len(MEASURES), 1) / ndtri(0.975)
        table = pd.DataFrame(rows).astype(WHOLE) if rows else pd.DataFrame(columns=CELL)
        return Chosen(table.astype({"learning_rate": float} if rows else {}), widths * drawn)

    def front(self) -> pd.DataFrame:
        """Return those of its runs that no other one of its own beats."""
        rows = []
        for row in self.record["front"]:
            if row["forget_set"] in self.names:
                point = (row["relative_cost"], *row["worst"])
                found = {**self._first(row), "setting": row["setting"], "epoch": row["epoch"]}
                rows.append(found | dict(zip(POINT, point, strict=True)))
        return pd.DataFrame(rows, columns=[*IDENTITY, *POINT])


def merge(
    paths: Sequence[str],
    *,
    identifiers: Mapping[str, str],
    points: Mapping[str, int],
    checksum: str,
) -> list[Theirs]:
    """Read the files of other groups, and refuse records of other data or forget sets.

    Parameters
    ----------
    paths : files of records
    identifiers, points : of each forget set of the study
    checksum : of its data set

    Raises
    ------
    ValueError
        In a sentence: which record differs, and in what.
    """
    known = {name: (points[name], identifiers[name]) for name in identifiers}
    found = []
    for path in paths:
        for record in exchange.read(path):
            for complaint in exchange.apart_in_points(record, checksum=checksum, forget_sets=known):
                raise ValueError(f"merge: {exchange.place(path, record)}: {complaint}")
            found.append(Theirs(record, path, identifiers))
    return found


def described(record: Record, path: str, facts: Mapping[str, Any]) -> str:
    """Return in a sentence what a record of another group is, and in which settings it differs.

    Parameters
    ----------
    record : what `exchange.read` returned
    path : the file that it is from
    facts : of the study
    """
    apart = exchange.settings_apart(record, facts)
    differs = f"; {', '.join(apart)} {'differs' if len(apart) == 1 else 'differ'}" if apart else ""
    absent = [budget for budget in facts["budgets"] if budget not in record["budgets"]]
    lacks = ""
    if absent:
        lacks = f"; no runs within {', '.join(f'{budget:g}' for budget in absent)}"
    return (
        f"{record['method']} of study {record['study']} ({path}), code "
        f"{record['code_sha256'][:12]}{differs}{lacks}."
    )
