"""A study's scores land beside the published cells that they belong to."""

from html.parser import HTMLParser

import pandas as pd
import pytest

from unlearning.scoring.comparison import ABSENT, CORRECTIONS, DIFFERS, WITHIN, compare
from unlearning.scoring.comparison_page import comparison_page
from unlearning.scoring.rows import SPLITS
from unlearning.study.sources import ROOT

PUBLISHED = pd.read_csv(ROOT / "docs" / "published" / "cifar10_klom.csv")
SIZES = {"1": 10, "3": 1000}


def run(forget_set, method, setting, epoch, p95, kind="grid", members=100, **columns):
    """Rows of one run with the given P95s of the three splits, each within +-0.1."""
    points = (SIZES[forget_set], 50_000 - SIZES[forget_set], 10_000)
    return [
        {
            "method": method,
            "setting": setting,
            "kind": kind,
            "epoch": epoch,
            "in_grid": True,
            "forget_set": forget_set,
            "split": split,
            "n_members": members,
            "n_points": n,
            "klom_p95": value,
            "klom_p95_low": value - 0.1,
            "klom_p95_high": value + 0.1,
            "floor_p95": 0.6 + number / 100,
            **columns,
        }
        for number, (split, n, value) in enumerate(zip(SPLITS, points, p95, strict=True))
    ]


def gda(forget_set, rate, epoch, ascent, batch, p95, **columns):
    name = f"lr{rate:g}_forgetbatch{batch}_ascent{ascent}"
    hyperparameters = {"learning_rate": rate, "ascent_epochs": ascent, "forget_batch_size": batch}
    return run(forget_set, "gda", name, epoch, p95, **hyperparameters, **columns)


STUDY = [
    *run("1", "pretrained", "pretrained", 0, (9.2, 0.65, 0.9), kind="baseline"),
    *run("1", "oracle_stopped", "oracle_stopped", 10, (7, 8, 7), kind="baseline"),
    *run("1", "oracle_stopped", "oracle_stopped", 15, (4.9, 7.5, 4.3), kind="baseline"),
    *run("1", "ga", "lr0.05", 1, (3.3, 1.2, 1.5), learning_rate=0.05),
    *run("1", "ga", "lr0.05", 3, (0.1, 0.1, 0.1), learning_rate=0.05),
    *run("1", "ga", "lr0", 1, (9.1, 1.1, 1.2), learning_rate=0, kind="zero_learning_rate"),
    *run("1", "ga", "lr0", 3, (9.0, 1.4, 1.6), learning_rate=0, kind="zero_learning_rate"),
    *gda("1", 0.005, 7, 5, 32, (5, 2, 1)),
    *gda("1", 0.005, 7, 5, 64, (4, 3, 2)),
    *gda("1", 0.005, 5, 5, 64, (1, 1, 1)),
    *gda("1", 0, 5, 5, 32, (9, 1, 1), kind="zero_learning_rate"),
    *run("3", "ga", "lr0.01", 1, (9, 0.5, 0.5), learning_rate=0.01),
    *run("3", "ga", "lr0.01", 3, (6, 6, 6), learning_rate=0.01),
    *run("3", "ga", "lr0.01", 2, (5, 5, 5), learning_rate=0.01, in_grid=False),
    *run("3", "ga", "lr0.01_bn-frozen", 1, (4, 4, 4), learning_rate=0.01, kind="frozen_batch_norm"),
]


def table(rows=STUDY, dataset="cifar10", sizes=SIZES, protocol="corrected"):
    study = pd.DataFrame(rows)
    found = compare(study, PUBLISHED, dataset=dataset, sizes=sizes, protocol=protocol)
    assert len(found) == len(PUBLISHED)
    return found


def compared(*arguments, **options):
    found = table(*arguments, **options)
    return found.set_index(["forget_set", "method", "split"]).sort_index()


def names(text):
    return {note.split(":")[0] for note in text.split("; ")}


def test_typed_in_cells_are_whole():
    cells = PUBLISHED.groupby(["forget_set", "method"])["split"].agg(list)
    assert len(cells) == 9 * 5
    assert all(splits == list(SPLITS) for splits in cells)
    assert PUBLISHED["klom_p95"].between(0, 11.52).all()
    # Weights make an exchange of two cells show as well.
    weights = PUBLISHED.index + 1
    assert round((PUBLISHED["klom_p95"] * weights).sum(), 2) == 39780.08
    assert PUBLISHED["klom_p95"].sum().round(2) == 572.96
    settings = PUBLISHED[["learning_rate", "epoch", "ascent_epochs"]]
    assert list(settings.mul(weights, axis=0).sum().round(3)) == [31.02, 37986.0, 3699.0]
    assert list(settings.notna().sum()) == [39, 66, 15]
    sizes = PUBLISHED.groupby("forget_set")["size"].unique()
    assert [list(size) for size in sizes] == [
        [n] for n in (10, 100, 1000, 10, 100, 500, 10, 100, 500)
    ]


def test_cells_land_beside_each_other():
    found = compared()
    cell = found.loc["1", "pretrained", "validation"]
    assert cell["published"] == 0.67
    assert cell["klom_p95"] == 0.9
    assert (cell["klom_p95_low"], cell["klom_p95_high"]) == pytest.approx((0.8, 1.0))
    assert cell["floor_p95"] == pytest.approx(0.62)
    assert cell["n_members"] == 100
    assert cell["difference"] == pytest.approx(0.23)
    assert found.loc["1", "oracle_stopped", "retain"]["klom_p95"] == 7.5


def test_published_setting_is_taken_where_the_study_has_it():
    found = compared()
    own = found.loc["1", "ga"]
    assert set(own["chosen"]) == {"published setting"}
    assert set(own["setting"]) == set(own["published_setting"]) == {"lr 0.05, 1 epoch"}
    assert list(own["klom_p95"]) == [3.3, 1.2, 1.5]
    own = found.loc["1", "gda"]
    assert list(own["klom_p95"]) == [4, 3, 2]
    assert set(own["chosen"]) == {"published setting, best of 2"}
    assert own["setting"].iloc[0] == "lr 0.005, 7 epochs, 5 with ascent, forget batch 64"


def test_otherwise_the_run_with_the_smallest_largest_score():
    own = compared().loc["3", "ga"]
    assert list(own["klom_p95"]) == [6, 6, 6]
    assert set(own["chosen"]) == {"best of 2 (published one is not in the study)"}
    rows = [*gda("3", 0.1, 5, 3, 32, (9, 0, 0)), *gda("3", 0.1, 5, 5, 32, (8, 8, 8))]
    own = compared(rows).loc["3", "gda"]
    assert list(own["klom_p95"]) == [8, 8, 8]
    assert set(own["chosen"]) == {"best of 2 (no setting is published)"}


def test_control_of_the_nearest_epoch_stands_beside():
    found = compared()
    assert list(found.loc["1", "ga"]["control_p95"]) == [9.1, 1.1, 1.2]
    assert list(found.loc["1", "gda"]["control_p95"]) == [9, 1, 1]
    assert found.loc["1", "ga"]["control_setting"].iloc[0] == "lr 0, 1 epoch"
    assert found.loc["3", "ga"]["control_p95"].isna().all()


@pytest.mark.parametrize(
    ("ours", "verdict"), [(9.23, WITHIN), (9.234, WITHIN), (9.24, DIFFERS), (9.02, DIFFERS)]
)
def test_verdict_allows_for_the_rounding_of_the_published_value(ours, verdict):
    rows = run("1", "pretrained", "pretrained", 0, (ours, 1, 1), kind="baseline")
    assert compared(rows).loc["1", "pretrained", "forget"]["verdict"] == verdict


def test_what_the_study_lacks_is_empty():
    found = compared()
    stopped = [row for row in STUDY if row["method"] == "oracle_stopped" and row["epoch"] == 10]
    for own in (
        found.loc["1", "scrub"],
        found.loc["2", "ga"],
        compared(stopped).loc["1", "oracle_stopped"],
    ):
        assert set(own["verdict"]) == {ABSENT}
        assert own[["klom_p95", "n_members", "control_p95", "difference"]].isna().all(axis=None)
        assert set(own["setting"]) == set(own["chosen"]) == {""}


def test_corrections_follow_from_method_size_and_protocol():
    found = compared()["corrected"].map(names)
    assert found["1", "pretrained", "forget"] == {"KL direction"}
    assert found["1", "oracle_stopped", "retain"] == {"KL direction"}
    ga = {"KL direction", "BatchNorm drift"}
    assert found["1", "ga", "forget"] == ga
    assert found["2", "ga", "forget"] == ga | {"Index order"}
    assert found["3", "ga", "forget"] == ga | {"Index order", "Forget set cut"}
    gda = {"KL direction", "Forget batch overwritten", "Index order"}
    assert found["8", "gda", "retain"] == gda
    assert found["9", "scrub", "retain"] == gda | {"SCRUB never trained", "Forget set cut"}
    found = compared(protocol="published")["corrected"].map(names)
    assert found["3", "ga", "forget"] == ga
    assert found["9", "scrub", "retain"] == gda - {"Index order"}
    few = run("1", "pretrained", "pretrained", 0, (9, 1, 1), kind="baseline", members=20)
    assert "Members" in names(compared(few)["corrected"]["1", "pretrained", "forget"])


def test_every_correction_occurs_and_can_be_split():
    few = run("1", "pretrained", "pretrained", 0, (9, 1, 1), kind="baseline", members=20)
    texts = compared(few)["corrected"]
    assert {note for text in texts for note in text.split("; ")} == {
        f"{name}: {why}" for name, why in CORRECTIONS.items()
    }


def test_other_data_is_refused():
    with pytest.raises(ValueError, match="are of cifar10, the study is of digits"):
        compared(dataset="digits")
    with pytest.raises(ValueError, match=r"forget_sets.3: the published one has 1000 points.* 500"):
        compared(sizes={**SIZES, "3": 500})
    fewer = [row | {"n_points": row["n_points"] // 2} for row in STUDY]
    with pytest.raises(ValueError, match="forget set 1 are of 25000 training points.* 50000"):
        compared(fewer)
    with pytest.raises(ValueError, match="scores lacks .* kind"):
        compared([{key: row[key] for key in row if key != "kind"} for row in STUDY])


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tables, self.items, self.inside = [], [], None

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self.inside = self.tables[-1][-1]
        elif tag == "li":
            self.items.append("")
            self.inside = self.items
        assert not {"src", "href"} & dict(attributes).keys()

    def handle_endtag(self, tag):
        if tag in ("td", "th", "li"):
            self.inside = None

    def handle_data(self, data):
        if self.inside is not None:
            self.inside[-1] += data


def test_page_has_a_table_a_forget_set_and_a_footnote_a_reason():
    text = comparison_page(table(), study="mine")
    page = Page()
    page.feed(text)
    assert len(page.tables) == 9
    assert [len(row) for row in page.tables[0]] == [7] * 7
    floor, pretrained, ga = page.tables[0][1:4]
    assert floor[0] == "Floor at N = 100"
    assert floor[1::2] == ["0.60", "0.61", "0.62"]
    assert pretrained == [
        "Pretrained a",
        *("9.20 [9.10, 9.30]", "9.13", "0.65 [0.55, 0.75]", "0.64", "0.90 [0.80, 1.00]", "0.67"),
    ]
    assert ga[0] == "Gradient ascent a cpublished: lr 0.05, 1 epochours: published setting"
    assert ga[1] == "3.30 [3.20, 3.40]at lr 0: 9.10"
    assert [item.split(".")[0] for item in page.items] == list(CORRECTIONS)[:-1]
    assert '<span class="within">9.13</span>' in text
    assert '<span class="differs">0.67</span>' in text
    assert '<span class="">9.29</span>' in text
