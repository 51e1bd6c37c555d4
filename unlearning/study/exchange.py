"""Records of a league that groups exchange: their form, their checksum, and which may be compared.

A file holds ``{"format", "version", "records"}``; a record is one method, and says itself what it
is of. Pure Python, because the Snakefile imports it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from unlearning.study.design import Config

FORMAT, VERSION = "unlearning-league", 1
CHECKSUM = "sha256"
#: What a record has one chosen run of.
CELL = ("forget_set", "budget", "rule")
SCHEMA = Path(__file__).with_name("league.schema.yaml")

Record = dict[str, Any]


def digest(record: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record without its checksum, whatever the order of its keys.

    It is of the JSON with sorted keys, no spaces, and all but ASCII escaped.
    """
    rest = {key: value for key, value in record.items() if key != CHECKSUM}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def points_digest(indices: Iterable[int]) -> str:
    """Return what identifies a forget set: the SHA-256 of its sorted indices, ``3,17,204``."""
    text = ",".join(map(str, sorted(int(index) for index in indices)))
    return hashlib.sha256(text.encode()).hexdigest()


def written(records: Iterable[Mapping[str, Any]]) -> str:
    """Return a file of records, each with its checksum."""
    sealed = [{**record, CHECKSUM: digest(record)} for record in records]
    return json.dumps({"format": FORMAT, "version": VERSION, "records": sealed}, indent=1) + "\n"


def read(path: str) -> list[Record]:
    """Read a file of records.

    Raises
    ------
    ValueError
        When it is missing, damaged, of another format or version, or holds a method twice.
    """
    try:
        text = Path(path).read_text()
        content = json.loads(text)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # of JSON, or no text at all
        raise ValueError(f"{path} is damaged, or no JSON: {error}") from error
    known = content if isinstance(content, dict) else {}
    if known.get("format") != FORMAT:
        raise ValueError(
            f"{path} is of another format: its key format says {known.get('format')!r}, not "
            f"{FORMAT!r}; it must be a league.json, which snakemake league writes"
        )
    if known.get("version") != VERSION:
        raise ValueError(
            f"{path} is of version {known.get('version')!r} of the format, and version {VERSION} "
            "is read here"
        )
    records = known.get("records")
    if not isinstance(records, list) or not records:
        raise ValueError(f"{path} is damaged: it holds no records")
    for number, record in enumerate(records):
        line = _line(text, record) if isinstance(record, dict) else None
        _check(record, f"{path}, {f'line {line}, ' if line else ''}record {number + 1}")
    names = [(record["study"], record["method"]) for record in records]
    for study, method in names:
        if names.count((study, method)) > 1:
            raise ValueError(f"{path} holds {method} of study {study} twice; take one away")
    return records


def place(path: str, record: Record) -> str:
    """Return where a record is that was `read` of a file: the file, and the line of its method."""
    return f"{path}, line {_line(Path(path).read_text(), record)}"


def _line(text: str, record: Record) -> int | None:
    """Return the line of a record's method, which stands before its checksum, no other's."""
    before, seal, _ = text.partition(f'"{record.get(CHECKSUM)}"')
    return before.count("\n", 0, before.rfind('"method"')) + 1 if seal else None


@cache
def _schema() -> Draft202012Validator:
    return Draft202012Validator(yaml.safe_load(SCHEMA.read_text()))


def _check(record: Any, where: str) -> None:
    """Refuse a record that is not what its checksum was taken of, or not of this form."""
    try:
        sound = isinstance(record, dict) and record.get(CHECKSUM) == digest(record)
    except ValueError:  # NaN, which is no JSON
        sound = False
    if not sound:
        raise ValueError(f"{where} is damaged: it is not what its checksum was taken of")
    error = best_match(_schema().iter_errors(record))
    if error is not None:
        key = ".".join(str(part) for part in error.absolute_path) or "top level"
        raise ValueError(f"{where} is of another format: {key}: {error.message[:200]}")
    rows = [tuple(row[key] for key in CELL) for row in record["chosen"]]
    for row in rows:
        if rows.count(row) > 1:
            forget_set, budget, rule = row
            raise ValueError(
                f"{where} has two runs of forget set {forget_set} within {budget:g} by rule {rule}"
            )
    names = {each["name"] for each in record["forget_sets"]}
    for row in (*record["chosen"], *record["front"]):
        if row["forget_set"] not in names:
            raise ValueError(
                f"{where} has a run of forget set {row['forget_set']}, which it does not describe"
            )


def apart(record: Record, config: Config) -> Iterator[str]:
    """Yield why a record can't be held against a study, as far as its config says.

    Parameters
    ----------
    record : of another group
    config : the study
    """
    what = f"{record['method']} of study {record['study']}"
    data, dataset = record["data"], config["dataset"]
    theirs = (data["name"], data["n_train"], data["n_validation"])
    ours = (dataset["name"], dataset["train"], dataset["validation"])
    if theirs != ours:
        yield (f"{what} is of another data set: {_data(theirs)}, and this study has {_data(ours)}")
    for key, name in (("members", "N"), ("floor_members", "N of the floor")):
        mine = config["ensemble"][key]
        if record[key] != mine:
            yield f"{what} has another {name}: {record[key]} members, and this study has {mine}"
    for key, name in (("variant", "variant"), ("clip", "clip")):
        mine = config["klom"][key]
        if record["klom"][key] != mine:
            yield (
                f"{what} has another {name} of KLoM: {record['klom'][key]}, and this study has "
                f"{mine}"
            )
    if not set(record["budgets"]) & set(config["league"]["budgets"]):
        there = ", ".join(f"{budget:g}" for budget in record["budgets"])
        yield f"{what} has other budgets: {there}; name one of them in league.budgets"


def _data(facts: tuple[str, int, int]) -> str:
    name, train, validation = facts
    return f"{name} with {train} training and {validation} validation images"


def apart_in_points(
    record: Record, *, checksum: str | None, forget_sets: Mapping[str, tuple[int, str]]
) -> Iterator[str]:
    """Yield why a record can't be held against a study, as far as its data say.

    Parameters
    ----------
    record : of another group
    checksum : of the study's data set; None where it is not known yet
    forget_sets : name -> points and `points_digest` of those that are known
    """
    what = f"{record['method']} of study {record['study']}"
    if checksum is not None and record["data"]["checksum"] != checksum:
        yield (
            f"{what} is of another data set: its images, labels or split have the checksum "
            f"{record['data']['checksum'][:12]}, and this study's {checksum[:12]}"
        )
    theirs = {each[CHECKSUM] for each in record["forget_sets"]}
    for name, (points, identifier) in forget_sets.items():
        if identifier not in theirs:
            yield (
                f"{what} has forget sets of other points: none of them is forget set {name} of "
                f"this study, {points} points of digest {identifier[:12]}"
            )


def settings_apart(record: Record, ours: Mapping[str, Any]) -> list[str]:
    """Return in which settings a record and a study differ that may still be held together.

    Parameters
    ----------
    record : of another group
    ours : the same fields of the study
    """
    keys = ("model", "images", "training", "protocol", "source", "oracle_stopped_epochs")
    return [key for key in keys if record[key] != ours[key]]
