"""The figure of influence and damage draws exactly its table, and correlations as given."""

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from tests.helpers.words import marks
from unlearning.answer.damage import SPLITS
from unlearning.answer.influence import PREDICTORS, SCOPES
from unlearning.figures.influence import APART, RANK, draw
from unlearning.study.method_names import method_name

RUN = {"method": "gda", "setting": "lr0.1", "snapshot": [5, 3]}
BY = ("pretrained", "oracles")


def tables(by=BY, kinds=("random", "top", "bottom", "ends")):
    rng = np.random.default_rng(0)
    rows, found = [], []
    for against in by:
        for number, kind in enumerate(np.resize(kinds, 12)):
            row = {"forget_set": f"s{number}", "kind": kind, "component": 1, "against": against}
            row |= {"size": 10 * (1 + number % 3), "n_members": 40}
            row |= {"spectral_norm": rng.uniform(0, 9), "mean_absolute": rng.uniform(0, 1)}
            for split in SPLITS:
                damage = rng.uniform(-1, 8)
                row |= {f"{split}_damage": damage, f"{split}_damage_low": damage - 1}
                row |= {f"{split}_damage_high": damage + 2}
            rows.append(row)
        for split in SPLITS:
            for scope in SCOPES:
                for name in PREDICTORS:
                    none = name == "size" and scope != "all"
                    rho = np.nan if none else rng.uniform(-1, 1)
                    names = {"against": against, "split": split, "scope": scope, "predictor": name}
                    names |= {"outcome": "damage"}
                    bounds = {"rho": rho, "rho_low": rho - 0.1, "rho_high": rho + 0.1, "n_sets": 12}
                    found.append(names | bounds)
    return pd.DataFrame(rows), pd.DataFrame(found)


def panels(figure):
    return {axes.get_label(): axes for axes in figure.axes}


def test_every_forget_set_is_a_mark_in_the_panel_of_every_predictor():
    table, correlations = tables()
    figure, drawn = draw(table, correlations, run=RUN, study="s")
    assert len(panels(figure)) == len(BY) * len(SPLITS) * (len(PREDICTORS) + 1)
    for against in BY:
        rows = table[table["against"] == against]
        for split in SPLITS:
            for name in PREDICTORS:
                axes = panels(figure)[f"{name}, {split}, {against}"]
                (marks,) = [c for c in axes.collections if isinstance(c, PathCollection)]
                apart = rows["kind"].map(APART) if name == "size" else 1
                expected = np.column_stack([rows[name] * apart, rows[f"{split}_damage"]])
                found = np.asarray(marks.get_offsets())
                np.testing.assert_allclose(
                    found[np.lexsort(found.T)], expected[np.lexsort(expected.T)]
                )
                part = drawn[(drawn["panel"] == name) & (drawn["split"] == split)]
                part = part[part["against"] == against].set_index("forget_set")
                assert part["x"].tolist() == rows[name].tolist()
                assert part["y_high"].tolist() == rows[f"{split}_damage_high"].tolist()


def test_correlations_are_written_and_drawn_as_given_and_those_that_do_not_exist_left_out():
    table, correlations = tables()
    figure, drawn = draw(table, correlations, run=RUN, study="s")
    row = correlations[(correlations["split"] == "retain") & (correlations["scope"] == "all")]
    row = row[row["predictor"] == "mean_absolute"].iloc[0]
    (text,) = panels(figure)[f"mean_absolute, retain, {BY[0]}"].texts
    assert text.get_text() == f"ρ = {row.rho:.2f} ({row.rho_low:.2f} to {row.rho_high:.2f})"
    axes = panels(figure)[f"{RANK}, retain, {BY[0]}"]
    places = [line.get_xdata()[0] for line in axes.lines if line.get_marker() != "None"]
    there = correlations[(correlations["split"] == "retain") & (correlations["against"] == BY[0])]
    assert places == there["rho"].dropna().tolist()
    assert len(places) == 7
    assert (
        drawn[drawn["panel"] == RANK]["x"].dropna().tolist()
        == correlations["rho"].dropna().tolist()
    )


def test_the_legend_and_the_notes_name_what_is_drawn():
    figure, _ = draw(*tables(by=BY[:1], kinds=("random", "ends")), run=RUN, study="mine")
    entries = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert entries[:2] == ["random points", "both ends of a component"]
    assert len(entries) == 2 + len(PREDICTORS)
    notes = " ".join(text.get_text() for text in figure.texts)
    for part in ("Study mine", "12 forget sets", "lr0.1, epoch 5, 3 with ascent", "N = 40"):
        assert part in notes


def test_a_spectral_norm_of_zero_is_drawn():
    table, correlations = tables()
    table.loc[0, "spectral_norm"] = 0.0
    figure, _ = draw(table, correlations, run=RUN, study="s")
    assert panels(figure)[f"spectral_norm, retain, {BY[0]}"].get_xscale() == "linear"


def test_the_same_tables_give_the_same_image():
    images = []
    for _ in range(2):
        figure, _ = draw(*tables(by=BY[:1]), run=RUN, study="s")
        image = io.BytesIO()
        figure.savefig(image, format="png", dpi=60)
        images.append(image.getvalue())
    assert images[0] == images[1]


@pytest.mark.parametrize(("number", "column"), [(0, "retain_damage_low"), (1, "rho_high")])
def test_what_is_missing_is_named(number, column):
    given = list(tables())
    given[number] = given[number].drop(columns=column)
    with pytest.raises(ValueError, match=column):
        draw(*given, run=RUN, study="s")


def test_who_is_told_the_answer_is_marked():
    figure, _ = draw(*tables(by=BY[:1]), run=RUN, study="s", told=[RUN["method"]])
    assert marks(figure, method_name(RUN["method"]))
