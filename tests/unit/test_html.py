"""What a report in one file shows of a page: no more than a browser opens from an address."""

import gzip
import re
from base64 import b64decode, b64encode
from pathlib import Path

import numpy as np

from unlearning.html import IN_ADDRESS, document, in_report

PATH = "results/<s>/answer.html"
RULES = Path(__file__).resolve().parents[2] / "workflow" / "rules"


def noise(size):
    """Letters that can't be packed, from `size` bytes."""
    return b64encode(np.random.default_rng(0).bytes(size)).decode()


def unpacked(page):
    """Return what the script of a packed page writes in its place."""
    packed = re.search(r'id="packed">([^<]*)</script>', page)[1]
    return gzip.decompress(b64decode(packed)).decode()


def test_a_page_is_shown_as_it_is_up_to_the_last_byte():
    page = document("A & B", "x")
    page += " " * (IN_ADDRESS - len(page.encode()))
    assert in_report(page, PATH) == page
    assert in_report(page + " ", PATH) != page + " "


def test_a_larger_one_is_packed_and_is_the_same_page():
    page = document("A & B", "<p>é</p>" * 400_000)
    shown = in_report(page, PATH)
    assert len(shown.encode()) < IN_ADDRESS / 10
    assert unpacked(shown) == page
    assert "<title>A &amp; B</title>" in shown and "needs JavaScript" in shown


def test_pictures_stay_away_where_they_are_too_much():
    picture = f'<img src="data:image/png;base64,{noise(IN_ADDRESS)}" alt="a &gt; b">'
    page = document("A", f"<table></table><figure>{picture}<figcaption>c</figcaption></figure>")
    shown = in_report(page, PATH)
    assert len(shown.encode()) < IN_ADDRESS
    plain = unpacked(shown)
    assert "<img" not in plain and "This picture is a file of the report itself" in plain
    assert "<table></table>" in plain and "<figcaption>c</figcaption>" in plain


def test_what_is_larger_all_the_same_says_where_it_lies():
    shown = in_report(document("A & B", noise(2 * IN_ADDRESS)), PATH)
    assert "has 4.0 MB" in shown and "results/&lt;s&gt;/answer.html" in shown
    assert "--report report.zip" in shown and len(shown) < 10_000
    assert "<title>A &amp; B</title>" in shown


def test_every_page_that_grows_with_the_study_is_fitted_into_the_report():
    found = {}
    for file in RULES.glob("*.smk"):
        for flag, page in re.findall(r'(\w+)\(\s*"(results/[^"]+\.html)"', file.read_text()):
            found.setdefault(flag, set()).add(page)
    assert {"results/{study}/answer.html", "results/{study}/league.html"} < found["in_report"]
    assert found["report"] == {  # tables of a few rows
        "results/theory/lemmas.html",
        "results/{study}/tables/comparison.html",
        "results/{study}/tables/table1.html",
    }
