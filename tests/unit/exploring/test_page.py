"""The page is one document that refers to nothing, whatever its names are."""

import json
import re

import numpy as np
import pytest

from tests.helpers.exploring import GRID, METHODS, SETS, held, page, study
from unlearning.exploring.page import explore_page
from unlearning.exploring.points import MOST
from unlearning.exploring.runs import columns, shown_runs
from unlearning.html import compressed
from unlearning.study.method_names import TOLD_MEANS


@pytest.fixture(scope="module")
def small():
    return page(library="window.vegaEmbed = '</script><!--';")


def test_it_is_one_document_that_refers_to_nothing(small):
    assert small.startswith("<!doctype html>")
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", small)
    assert "A &lt;small&gt; study." in small


def test_no_name_ends_a_script(small):
    assert small.count("<script") == small.count("</script>") == 4 + len(SETS)
    assert "<b>3" not in small and "<i>&mine" not in small and "<!--" not in small
    assert 'data-set="&lt;/script&gt;&lt;b&gt;"' in small


def test_names_arrive_as_they_are(small):
    known = held(small)
    assert {each["name"]: each["label"] for each in known["sets"]} == SETS
    assert [each["title"] for each in known["methods"]] == ["Gradient Ascent", "<i>&mine"]
    assert len(known["runs"]["epoch"]) == len(SETS) * (4 + len(METHODS) * len(GRID))


def test_who_is_told_the_answer_is_marked(small):
    assert TOLD_MEANS not in small
    text = page(told=["ga"])
    assert [each["title"] for each in held(text)["methods"]] == ["Gradient Ascent†", "<i>&mine"]
    assert f"{TOLD_MEANS}.</p>" in text


def test_every_image_that_is_shown_is_there_once(small):
    known = held(small)
    shown = {point for each in known["behind"].values() for point in each["point"]}
    assert set(known["images"]) == {str(point) for point in shown}


def test_it_says_what_it_holds(small):
    assert "Embedded are, a forget set, 3 of its images" in small and "at most 10 MB" in small
    assert f"at most {sum(MOST.values())} images a forget set" in small


def test_one_method_and_none_are_pages_too():
    assert len(held(page(methods=("ga",)))["methods"]) == 1
    assert set(held(page(methods=()))["runs"]["kind"]) == {"baseline"}


def test_ninety_forget_sets_fit():
    sets = {f"s{number}": f"s{number}: 3 random" for number in range(90)}
    known = held(page(sets=sets, diverged=False))
    assert len(known["behind"]) == 90 and all(each["point"] for each in known["behind"].values())


def test_a_study_without_scores_is_refused_in_one_sentence():
    scores, behind = study(sets={"1": "1"})
    what = {"study": "s", "about": "", "labels": {}, "methods": [], "variant": "default"}
    what |= {"images": np.zeros((20, 8, 8, 1), np.uint8), "classes": np.zeros(20, int)}
    with pytest.raises(ValueError, match="^scores has no rows: nothing .* scored.$"):
        explore_page(scores[:0], behind, **what, library="")


def test_many_runs_take_few_bytes_each():
    scores, _ = study(sets={"1": "1"}, grid=[(f"lr{n}", "grid", 1, n / 50) for n in range(200)])
    table = shown_runs(scores, ["1"])
    written = compressed(json.dumps(columns(table), separators=(",", ":")).encode())
    assert len(written) < 130 * len(table)
