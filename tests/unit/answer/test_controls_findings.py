"""A finding says what the tables say, and other numbers give another sentence."""

from tests.helpers.controlled import rows, scored
from unlearning.answer.controls import compare_protocols, compare_with_nothing, decompose
from unlearning.answer.controls_findings import of_decomposition, of_protocols, untold


def test_parts_are_said_with_their_medians_and_sides():
    said = of_decomposition(decompose(scored()))
    assert said.count(". ") == 0 and said.endswith(".")
    assert said.startswith(
        "GA: the drift of BatchNorm alone (learning rate 0) moves P95 KLoM by +4.00 and +4.00 (up "
        "in 4 and 4, down in 0 and 0 of 4), "
    )
    assert "on top of that drift by -0.12 and -0.12 (up in 4 and 4, down in 4 and 4 of 8)" in said
    assert "with BatchNorm frozen by +0.12 and +0.12 (up in 4 and 4, down in 0 and 0 of" in said


def protocols(found=None):
    found = scored(found)
    return of_protocols(compare_protocols(found), compare_with_nothing(found))


def test_published_runs_that_did_nothing_are_counted():
    assert protocols().startswith(
        "At N = 40, 1 of 2 SCRUB runs as published, and 0 of the same runs corrected, cannot"
    )
    moved = [row | {"klom_p95": row["klom_p95"] - 0.5 * ("order" in row)} for row in rows()]
    assert protocols(moved).startswith("At N = 40, 0 of 2 SCRUB runs as published")


def test_a_study_without_published_runs_says_so():
    assert protocols([row for row in rows() if row["kind"] != "as_published"]).startswith("No run")


def test_cells_that_diverged_are_left_out_of_a_finding_and_it_says_so():
    lost = [row | ({"n_nonfinite": 7} if row["setting"] == "lr0.2" else {}) for row in rows()]
    said = of_decomposition(decompose(scored(lost)))
    assert "on top of that drift by +0.50 and +0.50 (up in 4 and 4, down in 0 and 0 of 4)" in said
    assert said.endswith("; without 4 cells of members that diverged).")


def test_a_cell_of_which_next_to_nothing_is_known_is_named():
    parts = decompose(scored())
    wide = (parts["part"] == "drift") & (parts["split"] == "forget")
    assert "widest" not in of_decomposition(parts)
    parts.loc[wide, "high"] = parts["low"] + 5
    said = of_decomposition(parts)
    assert "; the widest interval is that of drift, GA at learning rate 0, epoch 1, set " in said


def test_published_runs_that_did_nothing_are_named_with_their_excess():
    found = scored()
    [run] = untold(compare_protocols(found), compare_with_nothing(found)).to_dict("records")
    assert (run["method"], run["forget_set"], run["setting"]) == ("scrub", "1", "lr0.1_order")
    assert run["forget"].startswith("+4.10 (")
