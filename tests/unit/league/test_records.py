"""Records say all of a method, come back as rows, and are refused where they are of others."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.helpers.leagues import POINTS, computed, facts, recorded, sets, write
from unlearning.league.excess import MEASURES, interval
from unlearning.league.front import pareto, with_front
from unlearning.league.ranks import standings
from unlearning.league.records import described, merge
from unlearning.study import exchange

IDENTIFIERS = {each["name"]: each["sha256"] for each in sets()}
COUNTS = {name: len(points) for name, points in POINTS.items()}


def merged(path, identifiers=IDENTIFIERS, checksum="abc"):
    counts = dict.fromkeys(identifiers, 3)
    return merge([path], identifiers=identifiers, points=counts, checksum=checksum)


def test_what_is_written_is_a_sound_record_of_each_method(tmp_path):
    read = exchange.read(write(tmp_path / "league.json", recorded(told=["poor"])))
    assert [record["method"] for record in read] == ["good", "poor"]
    assert [record["told"] for record in read] == [False, True]
    good = read[0]
    assert good["settings"] == {"sweep": {"learning_rate": [0.1]}}
    assert good["forget_sets"] == sets()
    assert len(good["chosen"]) == 2 * 2 * 6  # forget sets, budgets, rules
    assert all(len(row["excess"][name]) == 3 for row in good["chosen"] for name in MEASURES)
    at_random = next(row for row in good["chosen"] if row["rule"] == "random" and row["tied"] > 1)
    assert at_random["setting"] is at_random["epoch"] is at_random["learning_rate"] is None


def test_a_records_front_is_what_no_run_of_its_own_beats():
    good, poor = recorded()
    assert [row["epoch"] for row in good["front"]] == [1, 4, 1, 4]
    assert [row["epoch"] for row in poor["front"]] == [1, 1]  # the longer one is worse


def test_rows_come_back_as_they_were_under_our_names(tmp_path):
    chosen, _ = computed()
    path = write(tmp_path / "theirs.json")
    renamed = {"b": IDENTIFIERS["2"], "a": IDENTIFIERS["1"]}
    back = merged(path, renamed)[0].chosen([0.2, 0.5], repeats=50).table
    own = chosen.table[chosen.table["method"] == "good"].reset_index(drop=True)
    assert set(back["source"]) == {f"ours, {path}"}
    assert back["forget_set"].tolist() == own["forget_set"].map({"1": "a", "2": "b"}).tolist()
    for name in ("rule", "budget", "setting", "equal_cost", "worst_split", "tied", "diverged"):
        pd.testing.assert_series_equal(back[name], own[name], check_dtype=False)
    numbers = [f"excess_{name}{end}" for name in MEASURES for end in ("", "_low", "_high")]
    for name in [*numbers, "relative_cost", "ahead", "ahead_low", "ahead_high"]:
        assert back[name].to_numpy(float) == pytest.approx(own[name].to_numpy(float), abs=1e-6)


def test_their_replicates_have_the_width_of_their_intervals(tmp_path):
    theirs = merged(write(tmp_path / "theirs.json"))[0].chosen([0.2, 0.5], repeats=50)
    values = theirs.table[[f"excess_{name}" for name in MEASURES]].to_numpy()
    ends = [theirs.table[[f"excess_{name}_{end}" for name in MEASURES]] for end in ("low", "high")]
    low, high = interval(values, theirs.moved)
    assert high - low == pytest.approx((ends[1].to_numpy() - ends[0].to_numpy()), abs=1e-5)
    again = merged(write(tmp_path / "again.json"))[0].chosen([0.2, 0.5], repeats=50)
    assert (again.moved == theirs.moved).all()


def test_only_budgets_that_both_have_are_compared(tmp_path):
    theirs = merged(write(tmp_path / "theirs.json"))[0]
    assert set(theirs.chosen([0.5, 0.9], repeats=5).table["budget"]) == {0.5}
    chosen, _ = computed(repeats=5)
    joined = chosen.joined([theirs.chosen([0.9], repeats=5)])
    assert len(joined.table) == len(chosen.table)


def test_both_stand_in_one_league(tmp_path):
    chosen, runs = computed()
    theirs = merged(write(tmp_path / "theirs.json", recorded(told=["poor"])))
    every = chosen.joined([each.chosen([0.2, 0.5], repeats=50) for each in theirs])
    table = standings(every, forget_sets=["1", "2"], chains=["1", "2"], seed=0)
    within = table[(table["budget"] == 0.5) & (table["rule"] == "oracle")]
    assert within["entries"].unique().tolist() == [6]
    ranks = within.groupby("method")["rank"].apply(list)
    assert ranks["good"] == [1.5, 1.5]  # theirs are the same scores
    assert within.set_index(["source", "method"])["told"].sum() == 1
    found = with_front(pd.concat([runs, *(each.front() for each in theirs)], ignore_index=True))
    good = found[(found["method"] == "good") & found["front"]]
    assert len(good) == 8 and good["source"].nunique() == 2
    assert found.loc[found["front"], "relative_cost"].notna().all()
    one = found[found["forget_set"] == "1"]
    assert (one["front"] == pareto(one["relative_cost"], one["excess_worst"])).all()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"checksum": "abd"}, "good of study ours is of another data set: its images, labels or"),
        (
            {"identifiers": {"1": IDENTIFIERS["1"], "9": "f" * 64}},
            "has forget sets of other points: none of them is forget set 9 of this study",
        ),
    ],
)
def test_other_data_and_other_points_are_refused(tmp_path, changes, sentence):
    path = write(tmp_path / "theirs.json")
    with pytest.raises(ValueError, match=sentence) as error:
        merged(path, **changes)
    line = Path(path).read_text().splitlines().index('   "method": "good",') + 1
    assert str(error.value).startswith(f"merge: {path}, line {line}: ")
    assert "\n" not in str(error.value)


def test_further_forget_sets_of_theirs_are_left_out(tmp_path):
    theirs = merged(write(tmp_path / "theirs.json"), {"mine": IDENTIFIERS["2"]})[0]
    assert set(theirs.chosen([0.5], repeats=5).table["forget_set"]) == {"mine"}
    assert set(theirs.front()["forget_set"]) == {"mine"}


def test_a_record_is_described_with_what_differs():
    (record, _) = recorded(model={"name": "resnet9"}, budgets=[0.2])
    text = described(record, "theirs.json", facts())
    assert text == (
        "good of study ours (theirs.json), code 111111111111; model differs; no runs within 0.5."
    )
    assert described(recorded()[0], "t.json", facts()).endswith("code 111111111111.")


def test_a_records_numbers_are_plain_json():
    text = json.dumps(recorded(), allow_nan=False)
    assert "NaN" not in text and np.isfinite(len(text))
