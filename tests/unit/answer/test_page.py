"""The answer as people read it: every claim, no markup from names, nothing from elsewhere."""

import re

import pandas as pd

from unlearning.answer.page import answer_markdown, answer_page, captions, colour
from unlearning.answer.verdicts import FAILS, STANDS, artefact

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
            "median": 0.25,
        }
        for table, what in (("decomposition", "drift"), ("cells", "grid: corrected"))
    ]
)


def page(summary=SUMMARY):
    figures = {"fig6": (b"picture", "It goes <up>.")}
    return answer_page(
        VERDICTS, study="a<b", about="Study a<b.", figures=figures, confounders=summary
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


def test_a_table_of_markdown_keeps_its_columns():
    lines = answer_markdown(VERDICTS, SUMMARY).splitlines()
    assert {line.count("|") for line in lines[:4]} == {5}
    assert "3 of 4 runs / are worse" in lines[2]
    assert {line.count("|") for line in lines[5:]} == {9}


def test_a_figure_without_a_finding_has_its_claims_and_their_numbers():
    found = captions(VERDICTS, ["fig6", "stability"], {"stability": "It is stable."})
    assert found == {
        "fig6": "“A < B & so on” 3 of 4 runs | are worse.",
        "stability": "It is stable.",
    }


def test_every_verdict_has_a_colour():
    assert colour(artefact("anything")) == colour(FAILS) != colour(STANDS)
