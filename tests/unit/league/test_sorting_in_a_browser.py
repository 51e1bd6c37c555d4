"""A table in Debian's Chromium: sorted and narrowed with the keyboard alone."""

from base64 import b64encode

import pytest
from selenium.webdriver.common.keys import Keys

from unlearning.html import IN_ADDRESS, document, in_report
from unlearning.league.sorting import SCRIPT, STYLE, Cell, Column, Narrowed, sortable

ROWS = [("ga", 10.5, "1"), ("scrub", None, "1"), ("npo", -2.0, "1"), ("ga", 9.0, "2")]


def page():
    """Return a page with a table that sorts."""
    columns = [Column("Method"), Column("Score", number=True), Column("Budget", number=True)]
    rows = [("", [Cell(name), Cell(score), Cell(budget)]) for name, score, budget in ROWS]
    table = sortable("scores", "What it is", columns, rows, [Narrowed("Budget", "1")])
    return document("Sorted", f"{table}<script>{SCRIPT}</script>", STYLE)


@pytest.fixture
def opened(browser, tmp_path):
    """Return the page, newly opened; it has said nothing at the end."""
    file = tmp_path / "page.html"
    file.write_text(page())
    browser.said()
    browser.go(file.as_uri())
    yield browser
    assert browser.said() == []


def shown(browser):
    """Return name and score of each row that is seen."""
    rows = [row for row in browser.every("tbody tr") if row.is_displayed()]
    return [tuple(row.get_property("innerText").split("\t")[:2]) for row in rows]


def test_a_choice_narrows_and_all_shows_every_row(opened):
    assert shown(opened) == [("ga", "10.5"), ("scrub", ""), ("npo", "-2.0")]
    opened.press(Keys.TAB, Keys.HOME)  # to the choice, which is the first thing that is reached
    assert len(shown(opened)) == 4
    opened.press(Keys.END)
    assert shown(opened) == [("ga", "9.0")]


def test_titles_sort_as_numbers_and_again_the_other_way_round_with_nothing_last(opened):
    opened.press(Keys.TAB, Keys.TAB, Keys.TAB, Keys.ENTER)
    assert shown(opened) == [("npo", "-2.0"), ("ga", "10.5"), ("scrub", "")]
    states = [head.get_attribute("aria-sort") for head in opened.every("th")]
    assert states == ["none", "ascending", "none"]
    opened.press(Keys.SPACE)
    assert shown(opened) == [("ga", "10.5"), ("npo", "-2.0"), ("scrub", "")]


def test_texts_sort_as_texts(opened):
    opened.press(Keys.TAB, Keys.TAB, Keys.ENTER)
    assert [name for name, _ in shown(opened)] == ["ga", "npo", "scrub"]


@pytest.mark.parametrize("width", [420, 1280])
def test_a_wide_table_scrolls_in_a_box_and_not_the_page(browser, tmp_path, width):
    columns = [Column(f"Column_number_{n}") for n in range(40)]
    table = sortable("wide", "What it is", columns, [("", [Cell("x")] * 40)] * 200)
    file = tmp_path / "page.html"
    file.write_text(document("Wide", f"{table}<script>{SCRIPT}</script>", STYLE))
    browser.resize(width)
    browser.go(file.as_uri())
    seen = browser.run(
        "const page = document.documentElement, box = document.querySelector('.scrolls');"
        "return [page.scrollWidth, box.scrollWidth, box.clientHeight, innerHeight]"
    )
    browser.resize(1280)
    page, inside, tall, window = seen
    assert page <= width < inside and tall < window


def test_a_page_that_a_report_has_packed_unpacks_itself_and_sorts(browser, tmp_path):
    packed = in_report(page() + " " * IN_ADDRESS, "results/s/league.html")
    assert len(packed) < 20_000
    content = b64encode(packed.encode()).decode()
    file = tmp_path / "report.html"
    file.write_text(f'<iframe src="data:text/html;charset=utf8;base64,{content}"></iframe>')
    browser.said()
    browser.go(file.as_uri())
    browser.driver.switch_to.frame(0)
    browser.until(lambda: browser.every("tbody tr"), "rows")
    assert [name for name, _ in shown(browser)] == ["ga", "scrub", "npo"]
    browser.every("th button")[1].click()
    assert shown(browser) == [("npo", "-2.0"), ("ga", "10.5"), ("scrub", "")]
    browser.driver.switch_to.default_content()
    assert browser.said() == []
