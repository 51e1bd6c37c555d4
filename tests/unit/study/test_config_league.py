"""Budgets, and files of other groups that can't be merged, are refused in a sentence."""

import re

import pytest

from tests.helpers.configs import edited
from tests.helpers.leagues import facts, recorded, write
from unlearning.study import config as studies
from unlearning.study.config_league import merged_files

BAD = {
    "none": ([], r"league\.budgets: \[\] should be non-empty|league\.budgets: \[\] is too short"),
    "nothing": ([0], r"league\.budgets\.0: 0 is less than or equal to the minimum of 0"),
    "falling": ([0.5, 0.2], r"league\.budgets: must ascend"),
    "text": (["half"], r"league\.budgets\.0: 'half' is not of type 'number'"),
}


@pytest.mark.parametrize("case", BAD)
def test_budgets_that_cannot_be_are_refused(case):
    value, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        studies.check(edited(["league", "budgets"], value))


def merging(path, *places):
    config = edited(["merge"], path)
    config["league"]["budgets"] = [0.2, 0.5]
    for (*parents, last), value in places:
        section = config
        for key in parents:
            section = section[key]
        section[last] = value
    return config


def test_a_file_of_the_same_data_members_and_variant_is_taken(tmp_path):
    path = write(tmp_path / "theirs.json")
    studies.check(merging(path))
    others = write(tmp_path / "more.json", recorded(study="others"))
    studies.check(merging([path, others]))


DATA = facts()["data"]
OTHER = {
    "data set": (
        {"data": {**DATA, "name": "synthetic"}},
        "good of study ours is of another data set: synthetic with 1347 training and 450 "
        "validation images, and this study has digits with 1347",
    ),
    "size": ({"data": {**DATA, "n_train": 1000}}, "of another data set: digits with 1000"),
    "N": ({"members": 20}, "has another N: 20 members, and this study has 100"),
    "floor": ({"floor_members": 20}, "another N of the floor: 20 members, and this study has 100"),
    "variant": (
        {"klom": {"variant": "a2d", "clip": 100, "bootstrap": 50}},
        "has another variant of KLoM: a2d, and this study has default",
    ),
    "clip": (
        {"klom": {"variant": "default", "clip": 50, "bootstrap": 50}},
        "has another clip of KLoM: 50, and this study has 100",
    ),
    "budgets": ({"budgets": [0.7]}, "has other budgets: 0.7; name one of them in league.budgets"),
}


@pytest.mark.parametrize("case", OTHER)
def test_records_of_other_studies_are_refused(tmp_path, case):
    changes, sentence = OTHER[case]
    path = write(tmp_path / "theirs.json", recorded(**changes))
    with pytest.raises(ValueError) as error:
        studies.check(merging(path))
    text = str(error.value)
    assert re.match(rf"config: merge: {re.escape(path)}, line \d+: ", text)
    assert sentence in text and "\n" not in text


def test_other_resamplings_models_and_seeds_are_no_reason(tmp_path):
    klom = {"variant": "default", "clip": 100, "bootstrap": 7}
    records = recorded(klom=klom, model={"name": "resnet9"}, seed=5, protocol="published")
    studies.check(merging(write(tmp_path / "theirs.json", records)))


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"config: merge: nowhere\.json cannot be read"):
        studies.check(merging("nowhere.json"))
    (tmp_path / "theirs.json").write_text("{}")
    with pytest.raises(ValueError, match=r"config: merge: .*theirs\.json is of another format"):
        studies.check(merging(str(tmp_path / "theirs.json")))


def test_a_record_of_two_files_is_refused(tmp_path):
    paths = [
        write(tmp_path / f"{name}.json", recorded(seed=seed)) for name, seed in (("a", 1), ("b", 2))
    ]
    with pytest.raises(
        ValueError, match=r"b\.json, line \d+: good of study ours is in .*a\.json as"
    ):
        studies.check(merging(paths))


def test_merge_is_nothing_a_file_or_several():
    assert merged_files(edited(["merge"], "a.json")) == ["a.json"]
    assert merged_files(edited(["merge"], ["a.json", "b.json"])) == ["a.json", "b.json"]
    assert merged_files(merging(None) | {"merge": None}) == []
