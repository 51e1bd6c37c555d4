"""Pretrained against oracle by how much is forgotten, and what may be concluded."""

import numpy as np
import pandas as pd
import pytest

from unlearning.scoring.comparison_page import table1_page
from unlearning.scoring.klom import klom
from unlearning.scoring.rows import SPLITS
from unlearning.scoring.table1 import GAUSSIAN_FLOOR, sentence, table1
from unlearning.study.sources import ROOT

PUBLISHED = pd.read_csv(ROOT / "docs" / "published" / "table1.csv")
LABELS = {"a": "a: 12 random", "b": "b: 120 random", "c": "c: 6000 random"}
FLOOR = 0.67
ABOVE, AT = 3.0, 0.7


def rows(forget_set, n, p95, n_train=60_000, floor=FLOOR):
    points = (n, n_train - n, 10_000)
    return [
        {
            "method": method,
            "forget_set": forget_set,
            "split": split,
            "n_points": number,
            "n_members": 100,
            "klom_p95": value + other,
            "klom_p95_low": value + other - 0.1,
            "klom_p95_high": value + other + 0.1,
            "floor_p95": floor,
        }
        for method, other in (("oracle_floor", 5), ("pretrained", 0))
        for split, number, value in zip(SPLITS, points, p95, strict=True)
    ]


def table(a=(ABOVE, AT, AT), b=(ABOVE, AT, AT), c=(ABOVE, ABOVE, ABOVE), **options):
    study = [*rows("a", 12, a, **options), *rows("b", 120, b, **options)]
    study += rows("c", 6000, c, **options)
    return table1(pd.DataFrame(study), PUBLISHED, LABELS, dataset="fashion_mnist")


def test_typed_in_cells_are_whole():
    assert list(PUBLISHED.groupby(["dataset", "share"])["split"].agg(list)) == [list(SPLITS)] * 6
    assert sorted(PUBLISHED["share"].unique()) == [0.0002, 0.002, 0.1]
    assert PUBLISHED["klom_p95"].between(0, 11.52).all()
    assert PUBLISHED["klom_p95"].sum().round(2) == 39.53
    assert (PUBLISHED["klom_p95"] * (PUBLISHED.index + 1)).sum().round(2) == 420.36


def test_rows_go_by_share_and_stand_beside_both_published_rows():
    found = table()
    assert list(found["share"]) == [0.0002] * 3 + [0.002] * 3 + [0.1] * 3
    assert list(found["split"]) == list(SPLITS) * 3
    row = found.iloc[3]
    assert (row["forget_set"], row["label"], row["n_forget"]) == ("b", "b: 120 random", 120)
    assert (row["n_train"], row["n_members"]) == (60_000, 100)
    assert (row["klom_p95"], row["klom_p95_low"], row["floor_p95"]) == (3.0, 2.9, 0.67)
    assert list(found["published"]) == [4.13, 1.87, 2.76, 2.72, 1.79, 2.7, 2.69, 2, 3.31]
    assert list(found["published_mnist"])[:4] == [0.5, 0.7, 0.71, 2.72]
    assert list(found["above_floor"]) == [True, False, False] * 2 + [True] * 3


def test_a_share_that_is_not_forgotten_is_empty():
    study = [*rows("a", 12, (1, 1, 1)), *rows("z", 600, (1, 1, 1))]
    found = table1(pd.DataFrame(study), PUBLISHED, {**LABELS, "z": "z"}, dataset="mnist")
    assert list(found["forget_set"]) == ["a"] * 3 + [""] * 6
    assert found["klom_p95"].iloc[3:].isna().all()
    assert found["published"].notna().all()
    assert "1 of 1 rows" in sentence(found)


def test_only_labelled_forget_sets_count_and_two_of_a_share_both_stand():
    study = pd.DataFrame([*rows("a", 12, (1, 1, 1)), *rows("d", 12, (2, 2, 2))])
    one = table1(study, PUBLISHED, {"d": "d"}, dataset="fashion_mnist")
    assert list(one["klom_p95"])[:3] == [2, 2, 2]
    two = table1(study, PUBLISHED, {"a": "a", "d": "d"}, dataset="fashion_mnist")
    assert list(two["forget_set"])[:6] == ["a"] * 3 + ["d"] * 3


def test_refusals():
    study = pd.DataFrame(rows("a", 50, (1, 1, 1)))
    with pytest.raises(ValueError, match=r"published share \(0.02 %, 0.2 %, 10 %\); found 0.0833"):
        table1(study, PUBLISHED, LABELS, dataset="mnist")
    with pytest.raises(ValueError, match="no row of digits; allowed are fashion_mnist, mnist"):
        table1(study, PUBLISHED, LABELS, dataset="digits")
    with pytest.raises(ValueError, match="no pretrained ensemble"):
        table1(study, PUBLISHED, {}, dataset="mnist")


def test_sentence_counts_what_is_above_the_floor():
    text = sentence(table())
    assert "N = 100" in text
    assert "forget set in 3 of 3 rows, on the retain set in 1 of 3" in text
    assert "validation set in 1 of 3." in text


@pytest.mark.parametrize(
    ("a", "c", "said"),
    [
        (ABOVE, ABOVE, "in no row: it does not follow"),
        (AT, AT, "so for 0.02 %, 10 %, where it follows"),
        (AT, ABOVE, "so for 0.02 %, where it follows"),
    ],
)
def test_sentence_follows_the_forget_column(a, c, said):
    assert said in sentence(table(a=(a, AT, AT), c=(c, AT, AT)))
    assert "every row" in sentence(table((AT, 9, 9), (AT, 9, 9), (AT, 9, 9)))


def test_sentence_expects_few_points_to_change_nothing_elsewhere():
    assert "(12 or 120 of 60,000 points), the retain and validation scores are at the floor" in (
        sentence(table())
    )
    suspect = sentence(table(a=(ABOVE, ABOVE, AT)))
    assert "above the floor in 1 of 4 cells" in suspect
    assert "differ in more than the forgotten points" in suspect


def test_sentence_reads_published_scores_against_the_floor():
    text = sentence(table())
    assert "1.79 to 3.31, are above the floor of our N in 6 of 6 cells" in text
    assert "They are no sign of degenerate data" in text
    high = sentence(table(floor=5.0))
    assert "0 of 6 cells" in high
    assert "chance alone" in high
    assert "no sign" not in high


def test_stated_floors_are_those_of_equal_gaussian_ensembles():
    rng = np.random.default_rng(0)
    for members, stated in GAUSSIAN_FLOOR.items():
        pair = [rng.normal(size=(members, 20_000)).astype(np.float32) for _ in range(2)]
        assert np.percentile(klom(*pair), 95) == pytest.approx(stated, rel=0.04)


def test_page_states_table_and_sentence():
    found = table()
    page = table1_page(found, study="mine")
    assert page.count("<tr") == 1 + 9
    assert page.count('rowspan="3"') == 3
    assert "<b>3.00 <small>[2.90, 3.10]</small></b>" in page
    assert "<td>0.70 <small>[0.60, 0.80]</small></td>" in page
    assert "published, Fashion-MNIST" in page
    assert "published, MNIST" in page
    assert sentence(found) in page
