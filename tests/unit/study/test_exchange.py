"""Files of records: whole, of this format, and told apart by a checksum of their own."""

import hashlib
import json

import pytest

from tests.helpers.leagues import recorded, write
from unlearning.study import exchange


def test_the_checksum_does_not_depend_on_layout_or_order(tmp_path):
    path = tmp_path / "league.json"
    write(path)
    content = json.loads(path.read_text())
    for record in content["records"]:
        record["settings"] = dict(reversed(record["settings"].items()))
    path.write_text(json.dumps(content, sort_keys=True))
    assert len(exchange.read(str(path))) == 2
    # Records of several groups can be put into one file by hand.
    content["records"] = content["records"][:1]
    path.write_text(json.dumps(content))
    assert len(exchange.read(str(path))) == 1


def test_the_checksum_is_as_documented():
    record = recorded()[0]
    text = json.dumps(record, sort_keys=True, separators=(",", ":"))
    assert exchange.digest(record) == hashlib.sha256(text.encode()).hexdigest()
    assert exchange.digest({**record, "sha256": "x"}) == exchange.digest(record)


def test_a_forget_set_is_known_by_its_points_in_any_order():
    assert exchange.points_digest([204, 3, 17]) == hashlib.sha256(b"3,17,204").hexdigest()
    assert exchange.points_digest([3, 17]) != exchange.points_digest([31, 7])


def damaged(records):
    content = json.loads(exchange.written(records))
    content["records"][1]["chosen"][0]["excess"]["worst"][0] += 0.001
    return json.dumps(content, indent=1)


def without(key):
    return exchange.written([{k: v for k, v in each.items() if k != key} for each in recorded()])


def changed(change):
    records = json.loads(json.dumps(recorded()))
    change(records[0])
    return exchange.written(records)


CASES = {
    "cut short": (lambda: exchange.written(recorded())[:-50], "is damaged, or no JSON"),
    "changed": (
        lambda: damaged(recorded()),
        r", line \d+, record 2 is damaged: it is not what its checksum",
    ),
    "no league": (lambda: '{"a": 1}', "is of another format: its key format says None"),
    "a list": (lambda: "[1, 2]", "is of another format"),
    "later": (
        lambda: exchange.written(recorded()).replace('"version": 1', '"version": 2', 1),
        "is of version 2 of the format, and version 1 is read here",
    ),
    "empty": (lambda: exchange.written([]), "holds no records"),
    "a field less": (
        lambda: without("members"),
        r", line \d+, record 1 is of another format: top level: ",
    ),
    "twice": (
        lambda: exchange.written([*recorded(), *recorded()[:1]]),
        "holds good of study ours twice",
    ),
    "a run twice": (
        lambda: changed(lambda record: record["chosen"].append(record["chosen"][0])),
        r", line \d+, record 1 has two runs of forget set 1 within 0.2 by rule accuracy",
    ),
    "a set unknown": (
        lambda: changed(lambda record: record["front"][0].update(forget_set="7")),
        r", line \d+, record 1 has a run of forget set 7, which it does not describe",
    ),
    "no text": (lambda: b"\xff\xfe\x00", "is damaged, or no JSON"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_whole_or_of_this_form_is_refused(tmp_path, case):
    content, sentence = CASES[case]
    path, text = tmp_path / "theirs.json", content()
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=sentence) as error:
        exchange.read(str(path))
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_missing_file_is_named():
    with pytest.raises(ValueError, match=r"nowhere\.json cannot be read: No such file"):
        exchange.read("nowhere.json")
