"""Parts of a score add up, and every run is held against the one that differs in one thing."""

import numpy as np
import pandas as pd
import pytest

from tests.helpers.controlled import ALONE, ASCENT, DRIFT, EPOCHS, NOTHING, rows, scored
from unlearning.answer.controls import (
    compare_protocols,
    compare_with_nothing,
    decompose,
    summarise,
)
from unlearning.scoring.rows import SPLITS

CELL = ["forget_set", "learning_rate", "epoch", "split"]


@pytest.fixture(scope="module")
def parts():
    return decompose(scored())


def of_part(parts, part):
    return parts[parts["part"] == part].set_index(CELL)["difference"]


def test_parts_are_the_differences_they_are_called(parts):
    assert set(parts["method"]) == {"ga"}
    drift = of_part(parts, "drift")
    # Once for all learning rates: two sets, two epochs, three splits.
    assert len(drift) == 2 * len(EPOCHS) * len(SPLITS)
    for (_, rate, epoch, _), value in drift.items():
        assert rate == 0 and value == pytest.approx(DRIFT * epoch)
    for (_, rate, _, _), value in of_part(parts, "ascent on drift").items():
        assert value == pytest.approx(ASCENT[rate])
    for (_, rate, _, _), value in of_part(parts, "ascent alone").items():
        assert value == pytest.approx(ALONE * (ASCENT[rate] > 0))


def test_drift_and_what_comes_on_top_add_up(parts):
    total, on_top = of_part(parts, "total"), of_part(parts, "ascent on drift")
    drift = of_part(parts, "drift").droplevel("learning_rate")
    beside = drift.loc[pd.MultiIndex.from_frame(total.reset_index()[drift.index.names])]
    np.testing.assert_allclose(on_top.loc[total.index].to_numpy() + beside.to_numpy(), total)


def test_what_did_nothing_differs_by_nothing_without_doubt(parts):
    """Its replicates are those of the pretrained ensemble: the interval is paired."""
    alone = parts[(parts["part"] == "ascent alone") & (parts["learning_rate"] == 0.2)]
    assert np.abs(alone[["difference", "low", "high"]]).to_numpy().max() < 1e-6
    others = parts[(parts["part"] == "total")]
    assert (others["low"] < others["difference"]).all()


def test_a_run_without_both_controls_at_its_epoch_is_no_cell():
    def without(kind, epoch):
        return [row for row in rows() if not (row["kind"] == kind and row["epoch"] == epoch)]

    for kind in ("zero_learning_rate", "frozen_batch_norm"):
        assert set(decompose(scored(without(kind, 3)))["epoch"]) == {1}
    extra = [row | {"in_grid": row["epoch"] != 3} for row in rows()]
    assert set(decompose(scored(extra))["epoch"]) == {1}
    other = [
        row | ({"batch_size": 7.0} if row["kind"] == "zero_learning_rate" else {"batch_size": 64.0})
        for row in rows()
    ]
    assert decompose(scored(other)).empty


def test_flaws_are_named_and_held_against_the_corrected_run():
    found = compare_protocols(scored())
    assert set(found["corrected_setting"]) == {"lr0.1"}
    found = found[found["split"] == "forget"].set_index(["forget_set", "behaviour"])
    expected = {
        ("1", "optimizer"): (-1, False),
        ("1", "student"): (3, False),
        ("1", "order + student"): (3.001, True),
        ("2", "optimizer"): (-1, False),
        ("2", "student"): (3, False),
        ("2", "order + student"): (3.001, False),
        ("2", "order + forget_limit + student"): (2, True),
    }
    assert found["difference"].to_dict() == pytest.approx({k: v[0] for k, v in expected.items()})
    assert found["published"].to_dict() == {key: value[1] for key, value in expected.items()}
    assert found["corrected_p95"].unique() == pytest.approx([NOTHING["forget"] - 3])


def test_another_optimizer_is_not_what_was_published():
    both = [
        row | ({"momentum": 0.9} if row["setting"] == "lr0.1_student-frozen" else {})
        for row in rows()
        if row.get("order") != "index"
    ]
    found = compare_protocols(scored(both))
    assert "optimizer + student" in set(found["behaviour"])
    assert not found["published"].any()


def test_what_a_method_has_throughout_sets_no_run_apart():
    """A grid with momentum is held against by a control with momentum and a frozen student."""
    heavy = [
        row | ({"momentum": 0.9} if row["method"] == "scrub" else {})
        for row in rows()
        if row["kind"] != "optimizer"
    ]
    assert set(compare_protocols(scored(heavy))["behaviour"]) == {
        "student",
        "order + student",
        "order + forget_limit + student",
    }


def test_runs_are_told_from_nothing_by_their_interval_on_any_split():
    found = compare_with_nothing(scored())
    assert len(found) == sum(row["kind"] != "baseline" for row in rows())
    still = found[found["setting"].isin(["lr0.1_student-frozen", "lr0.1_order"])]
    assert not still["told"].any() and not still["run_told"].any()
    moved = found[found["setting"] == "lr0.1_momentum0.9"]
    assert moved["told"].all() and (moved["high"] < 0).all()
    np.testing.assert_allclose(found["excess"], found["klom_p95"] - 0.9)
    assert (found["excess_low"] <= found["excess"]).all()
    named = found.drop_duplicates("setting").set_index("setting")["behaviour"]
    assert named["lr0.1"] == named["lr0"] == "corrected"
    assert named["lr0.1_momentum0.9"] == "optimizer"
    assert named["lr0.1_order_first50"] == "order + forget_limit + student"


def test_one_split_tells_a_run():
    found = rows()
    [only] = [
        row
        for row in found
        if row["setting"] == "lr0.1_student-frozen"
        and (row["forget_set"], row["split"]) == ("2", "validation")
    ]
    only["klom_p95"] += 3
    cells = compare_with_nothing(scored(found))
    still = cells[cells["setting"] == "lr0.1_student-frozen"]
    assert still["told"].sum() == 1
    assert set(still.loc[still["run_told"], "forget_set"]) == {"2"}


def test_the_summary_counts_sides():
    found = scored()
    parts, protocols = decompose(found), compare_protocols(found)
    summary = summarise(parts, protocols, compare_with_nothing(found))
    summary = summary.set_index(["table", "method", "what", "split"]).sort_index()
    on_top = summary.loc[("decomposition", "ga", "ascent on drift", "retain")]
    assert on_top[["cells", "above", "below", "undecided"]].tolist() == [8, 4, 4, 0]
    assert on_top["largest"] == pytest.approx(-0.75)
    drift = summary.loc[("decomposition", "ga", "drift", "forget")]
    assert drift[["cells", "above"]].tolist() == [4, 4] and drift["median"] == pytest.approx(4)
    student = summary.loc[("cells", "scrub", "as_published: student", "forget")]
    assert student[["cells", "undecided", "told"]].tolist() == [2, 2, 0]
    assert summary.loc[("protocols", "scrub", "student", "forget"), "above"] == 2


def spoilt(setting):
    """Return the rows with one run of which members diverged."""
    return [row | ({"n_nonfinite": 7} if row["setting"] == setting else {}) for row in rows()]


def test_diverged_members_are_seen_in_every_part_of_their_run_and_are_on_neither_side():
    found = scored(spoilt("lr0.2"))
    parts = decompose(found)
    lost = parts[parts["n_nonfinite"] > 0]
    assert set(lost["part"]) == {"ascent on drift", "total"}
    assert set(lost["learning_rate"]) == {0.2} and lost["n_nonfinite"].eq(7).all()
    summary = summarise(parts, compare_protocols(found), compare_with_nothing(found))
    summary = summary.set_index(["table", "what", "split"]).sort_index()
    on_top = summary.loc[("decomposition", "ascent on drift", "retain")]
    counts = on_top[["cells", "diverged", "above", "below", "undecided"]].tolist()
    assert counts == [8, 4, 4, 0, 0]
    assert on_top["median"] == on_top["largest"] == pytest.approx(0.5)
    still = decompose(scored(spoilt("lr0")))
    assert set(still.loc[still["n_nonfinite"] > 0, "part"]) == {"drift", "ascent on drift"}


def test_a_run_that_diverged_is_told_from_nothing():
    cells = compare_with_nothing(scored(spoilt("lr0.1_student-frozen")))
    assert cells.loc[cells["setting"] == "lr0.1_student-frozen", "run_told"].all()


def test_a_run_with_frozen_statistics_names_that_of_the_grid():
    cells = compare_with_nothing(scored())
    frozen = cells[cells["kind"] == "frozen_batch_norm"]
    assert (frozen["grid_setting"] + "_bn-frozen" == frozen["setting"]).all() and len(frozen)
    assert set(cells.loc[cells["kind"] != "frozen_batch_norm", "grid_setting"]) == {""}
