"""The answer as people read it: every claim, no markup from names, nothing from elsewhere."""

import re

import pandas as pd

from unlearning.answer.page import answer_markdown, answer_page, captions, colour
from unlearning.answer.verdicts import FAILS, NOT_TESTED, STANDS, artefact

VERDICTS = pd.DataFrame(
    [
        {
            "name": "one",
            "place": "Sec. 2",
            "claim": "A < B & so on",
            "verdict": artefact("<drift>"),
            "because": "3 of 4 runs | are worse",
            "rule": "Half of them.",
            "figure": "fig6",
        },
        {
            "name": "two",
            "place": "Sec. 3",
            "claim": "Another",
            "verdict": STANDS,
            "because": "all 4",
            "rule": "All.",
            "figure": "missing",
        },
    ]
)
SUMMARY = pd.DataFrame(
    [
        {
            "table": table,
            "method": "ga",
            "what": what,
            "split": "forget",
            "cells": 5,
            "above": 3,
            "below": 1,
            "undecided": 1,
            "diverged": 0,
            "median": 0.25,
        }
        for table, what in (("decomposition", "drift"), ("cells", "grid: corrected"))
    ]
)
UNTOLD = pd.DataFrame({"method": ["ga"], "forget_set": ["5"], "retain": ["+0.10 (0.00 to 0.20)"]})


def page(summary=SUMMARY, untold=UNTOLD):
    figures = {"fig6": (b"picture", "It goes <up>.")}
    return answer_page(
        VERDICTS,
        study="a<b",
        about="Study a<b.",
        figures=figures,
        confounders=summary,
        untold=untold,
    )


def test_names_are_text_and_nothing_is_fetched():
    text = page()
    assert "A &lt; B &amp; so on" in text and "is an artefact of &lt;drift&gt;" in text
    assert "The answer: a&lt;b" in text and "<drift>" not in text and "<up>" not in text
    assert re.findall(r'(?:src|href)="([^"#]{4})', text) == ["data"]


def test_a_claim_leads_to_its_figure_where_there_is_one():
    text = page()
    assert '<figure id="fig6">' in text and 'href="#fig6"' in text
    assert "#missing" not in text


def test_confounders_are_parts_and_protocols_and_may_be_none():
    assert "+0.25" in page() and "grid: corrected" not in page()
    assert "confounder" not in page(pd.DataFrame())


def test_published_runs_that_did_nothing_are_listed_where_there_are_some():
    text = page()
    assert "1 run</summary>" in text and "<td>+0.10 (0.00 to 0.20)</td>" in text
    assert "cannot be told from doing" not in page(untold=UNTOLD.iloc[:0])


def test_a_table_of_markdown_keeps_its_columns():
    lines = answer_markdown(VERDICTS, SUMMARY).splitlines()
    assert {line.count("|") for line in lines[:4]} == {5}
    assert "3 of 4 runs / are worse" in lines[2]
    assert {line.count("|") for line in lines[5:]} == {10}


def test_a_figure_without_a_finding_has_the_numbers_of_its_first_claim_that_is_tested():
    untested = VERDICTS.iloc[[0]].assign(verdict=NOT_TESTED, because="this study has none")
    table = pd.concat([untested, VERDICTS, VERDICTS.assign(because="more")])
    found = captions(table, ["fig6", "stability"], {"stability": "It is stable."})
    assert found == {
        "fig6": "3 of 4 runs | are worse.",
        "stability": "It is stable.",
    }


def test_every_verdict_has_a_colour():
    assert colour(artefact("anything")) == colour(FAILS) != colour(STANDS)
