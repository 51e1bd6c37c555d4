"""The page in Debian's Chromium: pointed at, pinned, sorted, found again by its address."""

from base64 import b64encode
from io import StringIO
from itertools import permutations
from pathlib import Path
from urllib.parse import unquote_plus, urlencode, urlsplit

import numpy as np
import pandas as pd
import pytest
import vl_convert
from selenium.webdriver.common.keys import Keys

from tests.helpers.exploring import MEMBERS, METHODS, SETS, page, study
from unlearning.exploring import points
from unlearning.exploring.charts import ENSEMBLES
from unlearning.exploring.histograms import bins
from unlearning.exploring.points import RUN
from unlearning.html import IN_ADDRESS, in_report

LIBRARY = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
FIRST, SECOND = SETS.values()
ROWS = "#table tbody tr"
#: So that a page of few marks is drawn as one of many is.
FEW_ARE_MANY = "MANY_MARKS = 3000", "MANY_MARKS = 30"
FOCUSED = "return document.activeElement.matches(arguments[0])"
MARKS_AT = (
    "return [...document.querySelectorAll('#planes .mark-symbol path[aria-label]')]"
    ".map(each => [each.ariaLabel, each.getBoundingClientRect().y])"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "explore.html"
    file.write_text(page(library=LIBRARY, diverged=3))
    return file.as_uri()


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Return the address of a page of 19 forget sets, all chosen, with settings out of order."""
    sets = {f"s{number}": f"{number}: random" for number in range(1, 20)}
    settings = "lr10", "lr2", "lr0.001", "lr0.0005", "lr1e-05"
    grid = [(setting, "grid", 1, place) for place, setting in enumerate(settings)]
    file = tmp_path_factory.mktemp("many") / "explore.html"
    file.write_text(page(sets=sets, grid=grid, library=LIBRARY))
    return f"{file.as_uri()}#{urlencode({'set': list(sets)}, doseq=True)}"


@pytest.fixture
def opened(browser, address):
    """Return the page, newly opened; it has said nothing and asked for nothing at the end."""
    browser.said(), browser.requests()
    browser.resize(1280)
    browser.open(address)
    yield browser
    assert browser.said() == []
    asked = [url for url in browser.requests() if not url.startswith(("data:", "about:", "blob:"))]
    assert {url.partition("#")[0] for url in asked} <= {address}


def mark(browser, text):
    [found] = [mark for name, mark in browser.marks().items() if name.startswith(text)]
    return found


def column(browser, number):
    return [
        cell.get_property("innerText") for cell in browser.every(f"{ROWS} td:nth-child({number})")
    ]


def test_it_opens_on_one_forget_set_with_a_plane_a_method(opened):
    assert opened.text("#sets-shown") == FIRST
    assert opened.text("#methods-shown") == "all 2"
    headings = opened.run(
        "return [...document.querySelectorAll('#planes text')].map(each => each.textContent)"
    )
    assert {"Gradient Ascent", METHODS[1]} <= set(headings)
    # Baselines stand in both planes, and once in the table.
    assert len(opened.every("#planes .mark-symbol path[aria-label]")) == 2 * (4 + 5)
    assert len(opened.every(ROWS)) == 4 + 2 * 5
    processor = opened.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    seconds = {each["name"]: each["value"] for each in processor}["TaskDuration"]
    assert seconds < 2  # of the processor, with all that was done in it before


def test_a_forget_set_is_chosen(opened):
    opened.click(opened.one("#choices summary"))
    boxes = opened.every("#sets input")
    opened.click(boxes[1])
    opened.until(lambda: opened.text("#sets-shown") == "all 2", "two forget sets")
    opened.until(lambda: len(opened.marks()) == 28, "their marks")
    opened.click(boxes[0])
    opened.until(lambda: opened.text("#sets-shown") == SECOND, "the other forget set")
    opened.until(lambda: len(opened.marks()) == 14, "its marks")
    assert set(column(opened, 3)) == {SECOND}
    # Without a method planes and table have the baselines alone, and nothing that was hidden.
    opened.point(mark(opened, f"{METHODS[1]}, lr1, epoch 1"))
    opened.until(lambda: "run=" in opened.driver.current_url, "the run in the address")
    opened.run("document.querySelectorAll('#methods button')[1].click()")
    opened.until(lambda: len(opened.marks()) == 4, "the baselines")
    assert len(opened.every(ROWS)) == 4 and opened.text("#note") == ""
    assert METHODS[1] not in opened.text("#whose") + opened.text("#card")
    assert "run=" not in opened.driver.current_url


def test_pointing_at_a_run_says_all_about_it_and_joins_its_epochs(opened):
    opened.point(mark(opened, "Gradient Ascent, lr1, epoch 2"))
    card = opened.until(lambda: opened.text("#card"), "the card")
    assert "Gradient Ascent, lr1, epoch 2" in card and "12 members" in card and "22.2 %" in card
    line = opened.run(
        "const run = arguments[0], [one] = [...document.querySelectorAll('#table tbody tr')]"
        ".filter(row => row.dataset.id.startsWith(run)); return one.className",
        "ga / lr1 / 2",
    )
    assert line == "pointed"
    drawn = (
        "return [...document.querySelectorAll('#planes .mark-line path')]"
        ".map(path => path.getAttribute('d'))"
    )
    opened.until(
        lambda: any((path or "").count("L") == 3 for path in opened.run(drawn)),
        "the pretrained model joined with three epochs",
    )
    # Retraining does not start there, and has a line of its own.
    opened.point(mark(opened, "retraining stopped early, epoch 6"))
    opened.until(
        lambda: (
            not any(
                "L" in (path or "")
                for path in opened.run(drawn.replace("path'", "path[stroke-dasharray]'"))
            )
        ),
        "no line from the pretrained model to it",
    )


def test_two_pinned_runs_are_compared_and_the_address_brings_them_back(opened):
    opened.click(mark(opened, "Gradient Ascent, lr1, epoch 2"))
    assert "Pin a second run" in opened.text("#compare")
    opened.click(mark(opened, "Gradient Ascent, lr2, epoch 1"))
    compared = opened.text("#compare")
    assert "A: Gradient Ascent, lr1, epoch 2" in compared and "B − A" in compared
    assert "intervals apart" in compared
    opened.until(lambda: len(opened.every("#histograms svg")) == 2, "a histogram of each")
    kept = opened.driver.current_url
    assert "ga / lr1 / 2 / </script><b>" in unquote_plus(kept)
    opened.open(kept)
    assert opened.text("#compare") == compared
    opened.click(opened.one("#compare button"))
    assert "Pin a second run" in opened.text("#compare")


def test_the_table_sorts_and_its_order_is_in_the_address(opened):
    def scores():
        return [float(text.split()[0]) for text in column(opened, 6)]

    heads = opened.every("#table th button")
    planes = opened.run("return document.documentElement.dataset.drawn")
    opened.click(heads[5])
    assert scores() == sorted(scores())
    opened.click(opened.every("#table th button")[5])
    assert scores() == sorted(scores(), reverse=True)
    assert opened.every("#table th")[5].get_attribute("aria-sort") == "descending"
    assert opened.run("return document.documentElement.dataset.drawn") == planes
    opened.open(opened.driver.current_url)
    assert scores() == sorted(scores(), reverse=True)


def test_images_are_ordered_by_klom_and_one_shows_what_it_is(opened):
    opened.click(mark(opened, "Gradient Ascent, lr2, epoch 1"))
    for part in opened.every(".split"):
        head = part.find_element("css selector", "p").get_property("innerText")
        lines = part.find_element("css selector", ".images").get_property("innerText").split("\n")
        values = [float(text.split()[0]) for text in lines if text.strip()]
        assert values == sorted(values, reverse=True)
        worst = part.find_element("css selector", "button").get_attribute("aria-label")
        point = worst.split("image ")[1].split()[0]
        assert f"all its points is {values[0]:.2f}, of image {point}, the first." in head
        assert [text for text in lines if "worst" in text] == [f"{values[0]:.2f} worst"]
    opened.click(opened.every(".split")[1].find_elements("css selector", "button")[2])
    opened.until(lambda: "of the retain set" in opened.text("#image"), "the image")
    sums = opened.until(lambda: opened.text("#sums"), "its KLoM")
    klom, total = (
        part.split()[0].rstrip(".") for part in (sums.split("KLoM ")[1], sums.split("up to ")[1])
    )
    assert float(klom) == pytest.approx(float(total), abs=0.011)
    drawn = opened.every("#histograms .mark-rect path[aria-label]")
    assert len(drawn) >= 4 * (bins("default") - 1)


def test_a_diverged_run_is_marked_and_its_lost_members_are_said(opened):
    found = opened.run(
        "return [...document.querySelectorAll('#table tbody tr')]"
        ".findIndex(row => row.cells[1].textContent.startsWith('diverged'))"
    )
    opened.click(opened.every(f"{ROWS} button")[found])
    assert "5 margins not finite" in opened.text("#card")
    opened.until(lambda: "not finite: they are in a bin" in opened.text("#sums"), "where they are")


def test_diverged_runs_stand_side_by_side_where_no_score_can_be(opened):
    boxes = [
        mark.rect
        for name, mark in opened.marks().items()
        if name.startswith((f"{METHODS[1]}, lr1, epoch 2", f"{METHODS[1]}, lr1, epoch 4"))
        or name.startswith(f"{METHODS[1]}, lr2, epoch 1")
    ]
    assert len({box["y"] for box in boxes}) == 1
    across = sorted(box["x"] for box in boxes)
    assert len(across) == 3 and min(np.diff(across)) > boxes[0]["width"] / 2
    rules = opened.every("#planes .mark-rule line[stroke-dasharray]")
    assert boxes[0]["y"] + boxes[0]["height"] / 2 < max(rule.rect["y"] for rule in rules)


def test_no_margin_is_dropped_and_two_runs_have_one_axis(opened):
    opened.click(mark(opened, "Gradient Ascent, lr1, epoch 1"))
    opened.until(lambda: "beyond the bins of KLoM" in opened.text("#sums"), "the margins beyond")
    drawn = [
        bar.get_attribute("aria-label")
        for bar in opened.every("#histograms .mark-rect path[aria-label^='pretrained members']")
    ]
    shares = [float(text.split(": ")[1].split()[0]) for text in drawn]
    assert sum(shares) == pytest.approx(1, abs=0.0005 * len(shares))
    assert [text for text in drawn if text.endswith("and beyond")]
    assert "and beyond" in opened.text("#histograms")
    # The last that was sampled, which is not the last that is shown.
    opened.click(
        opened.one(f"#images button[data-image='{len(opened.every('#images button')) - 1}']")
    )
    lost = f"1 of {MEMBERS} pretrained margins are not finite"
    opened.until(lambda: lost in opened.text("#sums"), "the margin that no bar has")
    opened.click(mark(opened, "Gradient Ascent, lr2, epoch 1"))
    opened.until(lambda: len(opened.every("#histograms svg")) == 2, "a histogram of each")
    labels = [
        [each.text for each in drawing.find_elements("css selector", "[aria-label^='X-axis'] text")]
        for drawing in opened.every("#histograms svg")
    ]
    assert labels[0] == labels[1] and len(labels[0]) > 2


def test_rows_of_two_runs_are_as_high_for_equal_shares(opened):
    """The height of the axis of each row, in pixels for each unit of what its bars have."""
    for name in ("Gradient Ascent, lr1, epoch 1", "Gradient Ascent, lr2, epoch 1"):
        opened.click(mark(opened, name))
    opened.until(lambda: len(opened.every("#histograms svg")) == 2, "a histogram of each")
    one, other = (
        opened.run(
            "return [...arguments[0].querySelectorAll(\"[aria-label^='Y-axis']\")]"
            ".map(each => each.ariaLabel)",
            drawing,
        )
        for drawing in opened.every("#histograms svg")
    )
    assert one == other and len(one) == len(ENSEMBLES)
    drawn = opened.every("#histograms .mark-rect path[aria-label]")
    assert all(": " in bar.get_attribute("aria-label") for bar in drawn), "only bars are drawn"


HEADINGS = (
    "return [...document.querySelectorAll('#planes .role-row-title text, #planes .role-title text, "
    "#planes .role-column-header text, #planes .role-row-header text')]"
    ".map(each => Math.round(each.getBoundingClientRect().y))"
)
LETTERS = (
    "return [...document.querySelectorAll('#planes text')].filter(each => /^[AB]$/.test("
    "each.textContent)).map(each => [each.textContent, each.getBoundingClientRect().x])"
)


def test_a_pinned_run_moves_no_heading_and_letters_stand_apart(opened):
    before = opened.run(HEADINGS)
    assert before
    names = f"{METHODS[1]}, lr2, epoch 1", "Gradient Ascent, lr0, epoch 1"  # the first has diverged
    for name in names:
        opened.click(mark(opened, name))
    opened.until(lambda: len(opened.run(LETTERS)) == 2, "the letters of both")
    assert opened.run(HEADINGS) == before
    letters = dict(opened.run(LETTERS))
    for letter, name in zip("AB", names, strict=True):
        rect = mark(opened, name).rect
        assert (letters[letter] < rect["x"] + rect["width"] / 2) == (letter == "A")


def test_it_opens_on_a_run_of_a_method(opened):
    assert opened.text("#whose").startswith(("Gradient Ascent, ", METHODS[1]))


def test_within_a_frame_nothing_is_said_to_be_kept(browser, tmp_path):
    (tmp_path / "explore.html").write_text(page(library=LIBRARY))
    (tmp_path / "report.html").write_text('<iframe src="explore.html"></iframe>')
    browser.go((tmp_path / "report.html").as_uri())
    browser.driver.switch_to.frame(0)
    browser.drawn()
    assert browser.text("#held").startswith("Here, within a report, nothing is kept")
    browser.driver.switch_to.default_content()


def test_where_nothing_is_chosen_no_place_is_kept_for_its_images(opened):
    def is_there():
        return opened.run("return document.getElementById('behind').checkVisibility()")

    assert is_there()
    opened.run("location.hash = 'set='")
    opened.until(lambda: not is_there(), "no run to show")
    assert opened.text("#note") == "Nothing is shown: choose a forget set."
    opened.run("location.hash = ''")
    opened.until(is_there, "the images behind the first run")


def test_differences_are_those_of_the_numbers_that_are_shown(opened):
    rows = study(diverged=3)[0].query("split == 'forget' and method == 'ga'")
    rows = rows[rows["forget_set"] == next(iter(SETS))]
    ids = rows["method"] + " / " + rows["setting"] + " / " + rows["epoch"].astype(str)
    scores = dict(zip(ids + " / " + next(iter(SETS)), rows["klom_p95"], strict=True))
    [(one, other), *_] = [
        (one, other)
        for one, other in permutations(scores, 2)
        if f"{scores[other] - scores[one]:.2f}"
        != f"{float(f'{scores[other]:.2f}') - float(f'{scores[one]:.2f}'):.2f}"
    ]
    opened.open(f"{opened.driver.current_url}#{urlencode({'pin': [one, other]}, doseq=True)}")
    rows = [
        [
            cell.get_property("innerText").split("\n")[0]
            for cell in row.find_elements("css selector", "td, th")
        ]
        for row in opened.every("#compare tr")[2:-1]
    ]
    assert len(rows) == 8
    for what, a, b, difference, *_ in rows:
        assert float(difference) == pytest.approx(float(b.split()[0]) - float(a.split()[0])), what


def test_what_an_address_names_wrongly_is_said_until_something_is_chosen(opened):
    asked = {
        "set": ["2'", "12"],
        "method": "ga",
        "pin": "ga / lr7 / 1 / 2'",
        "x": "wrong",
        "sett": "1",
        "constructor": "1",
        "image": "retain 1",
    }
    opened.open(f"{opened.driver.current_url}#{urlencode(asked, doseq=True)}")
    assert opened.text("#unknown") == (
        "The address of this page names what it does not have, which is left out: forget set “12”, "
        "run “ga / lr7 / 1 / 2'”, set across “wrong”, sett “1”, "
        "constructor “1”, image “retain 1”."
    )
    assert (
        opened.text("#sets-shown") == SECOND and opened.text("#methods-shown") == "Gradient Ascent"
    )
    opened.click(mark(opened, "Gradient Ascent, lr1, epoch 2"))
    assert opened.text("#unknown") == "" and "sett" not in opened.driver.current_url
    pins = [f"ga / lr1 / {epoch} / 2'" for epoch in (1, 2, 4)]
    twice = {"set": ["2'", "2'"], "pin": pins}
    opened.open(f"{opened.driver.current_url.partition('#')[0]}#{urlencode(twice, doseq=True)}")
    assert opened.text("#unknown") == (
        f"The address names more than is shown at once, which is left out: run “{pins[2]}”."
    )
    assert len(opened.every("#planes .mark-symbol path[aria-label]")) == 2 * (4 + 5)
    assert len(opened.every(ROWS)) == 14 and "A: " in opened.text("#compare")


@pytest.mark.parametrize("texts", [False, True])
def test_the_address_brings_back_the_run_and_its_image(browser, tmp_path, address, texts):
    if texts:
        file = tmp_path / "texts.html"
        file.write_text(page(library=LIBRARY, texts=True))
        address = file.as_uri()
    browser.open(address)
    browser.point(browser.every(f"{ROWS} button")[7])
    browser.click(browser.every(".split")[1].find_elements("css selector", "button")[2])
    browser.until(lambda: "image=retain" in browser.driver.current_url, "the image in the address")
    shown = [browser.text(part) for part in ("#card", "#whose", "#image")]
    assert "of the retain set" in shown[2]
    browser.open(browser.driver.current_url)
    assert browser.text("#unknown") == ""
    browser.until(lambda: browser.text("#image"), "the image")
    assert [browser.text(part) for part in ("#card", "#whose", "#image")] == shown


def test_a_split_without_images_is_said(browser, tmp_path, monkeypatch):
    monkeypatch.setattr(points, "BUDGET", 2500)
    file = tmp_path / "bounded.html"
    file.write_text(page(library=LIBRARY))
    browser.open(file.as_uri())
    browser.point(browser.every(f"{ROWS} button")[7])
    forget, retain, validation = (
        part.get_property("innerText") for part in browser.every(".split")
    )
    assert forget.startswith("Of the forget set.\n") and "Under this run" in forget
    for text in (retain, validation):
        assert "set no image fits into the bound of this page" in text
        assert "which this page does not hold." in text


def test_it_works_with_a_keyboard_alone(opened):
    def tab(selector):
        for _ in range(80):
            opened.press(Keys.TAB)
            if opened.run(FOCUSED, selector):
                return
        raise AssertionError(f"no {selector} is reached by the tabulator")

    tab("#choices summary")
    opened.press(Keys.ENTER, Keys.TAB, Keys.TAB, Keys.TAB, Keys.SPACE)
    assert opened.text("#sets-shown") == "none"
    assert "Nothing is shown" in opened.text("#note")
    opened.press(Keys.SPACE, Keys.ESCAPE)
    assert opened.run(FOCUSED, "#choices summary")
    opened.until(opened.marks, "the planes")
    tab("#planes")
    opened.press(Keys.ARROW_RIGHT)
    first = opened.text("#card h3")
    opened.press(Keys.ARROW_RIGHT)
    second = opened.text("#card h3")
    assert first != second and first.split(", epoch")[0] == second.split(", epoch")[0]
    opened.press(Keys.ENTER, Keys.ARROW_DOWN, Keys.ENTER)
    assert "B − A" in opened.text("#compare")
    opened.press(Keys.ESCAPE)
    assert not opened.one("#compared").is_displayed() and opened.run(FOCUSED, "#planes")
    # The images, the order and the copy; two runs pinned in the table, and both let go.
    tab("#images button:nth-child(2)")
    opened.until(lambda: "KLoM" in opened.text("#sums"), "the image")
    assert opened.run(FOCUSED, "#images button[aria-pressed=true]")
    opened.run("navigator.clipboard.writeText = async text => { window.copied = text; }")
    tab("#copy")
    opened.press(Keys.ENTER)
    opened.until(lambda: "14 runs copied" in opened.text("#copied"), "the copy")
    assert opened.run(FOCUSED, "#copy")
    tab("#table th:nth-child(2) button")
    opened.press(Keys.ENTER)
    assert opened.run(FOCUSED, "#table th[aria-sort=ascending] button")
    tab(f"{ROWS} button")
    opened.press(Keys.ENTER, Keys.TAB, Keys.ENTER)
    assert "B − A" in opened.text("#compare") and opened.run(FOCUSED, f"{ROWS}.pinned button")
    opened.run("document.querySelector('#compare button').focus()")
    opened.press(Keys.ENTER)
    assert opened.run(FOCUSED, "#compare button")
    opened.press(Keys.ENTER)
    assert opened.run(FOCUSED, "#planes")


def test_at_four_hundred_percent_nothing_is_beyond_the_side(opened):
    def widths():
        return opened.run(
            "return ['#planes svg', '#histograms svg']"
            ".map(each => document.querySelector(each)?.clientWidth)"
        )

    opened.until(lambda: widths()[1], "the histograms")
    before = widths()
    opened.resize(320)
    opened.until(
        lambda: all(now < one for now, one in zip(widths(), before, strict=True)), "both narrower"
    )
    assert opened.run("return document.documentElement.scrollWidth") <= 320
    assert max(widths()) < 320
    opened.resize(1280)


def test_the_table_is_copied_as_csv(opened):
    opened.run("navigator.clipboard.writeText = async text => { window.copied = text; }")
    opened.click(opened.one("#copy"))
    text = opened.until(lambda: opened.run("return window.copied"), "copied")
    lines = text.splitlines()
    assert lines[0].startswith("forget_set,method,setting,kind,epoch") and len(lines) == 1 + 14
    assert lines[1].startswith("</script><b>,") and "14 runs copied" in opened.text("#copied")
    copied = pd.read_csv(StringIO(text)).set_index(RUN)
    scores = study(diverged=3)[0].query("split == 'retain'").set_index(RUN).loc[copied.index]
    kept = ~copied["diverged"]
    assert copied["retain"][kept].tolist() == scores["klom_p95"][kept].tolist()
    assert copied["relative_cost"].tolist() == scores["relative_cost"].tolist()


def test_a_copy_that_fails_is_said_and_can_be_made_by_hand(opened):
    opened.run(
        "navigator.clipboard.writeText = () => Promise.reject(new Error('no'));"
        "document.execCommand = () => window.allowed"
    )
    opened.click(opened.one("#copy"))
    opened.until(lambda: "lets no page copy" in opened.text("#copied"), "that it was not copied")
    assert opened.run(FOCUSED, "#by-hand")
    assert opened.run("return getSelection().toString()").count("\n") == 1 + 14
    opened.press(Keys.ESCAPE)
    assert not opened.every("#by-hand") and opened.run(FOCUSED, "#copy")
    opened.run("window.allowed = true")
    opened.press(Keys.ENTER)
    opened.until(lambda: "14 runs copied" in opened.text("#copied"), "the copy")
    assert not opened.every("#by-hand") and opened.run(FOCUSED, "#copy")


def test_of_many_planes_whole_forget_sets_are_drawn_and_the_rest_is_named(browser, many):
    browser.resize(1280)
    browser.open(many)
    assert len(browser.marks()) == 18 * 14
    note = browser.text("#note")
    assert (
        "The planes of 18 of 19 chosen forget sets are drawn, without those from 19: random on"
        in note
    )
    rows = browser.text("#rows")
    assert f"{19 * 14} runs, those of the planes above and of the forget sets that are not" in rows
    assert "The first 200 in this order are shown" in rows
    browser.click(browser.one("#all"))
    assert browser.run(FOCUSED, f"{ROWS}:nth-child(201) button")
    browser.click(browser.one("#table th button"))
    browser.open(browser.driver.current_url)
    names = list(dict.fromkeys(column(browser, 1)))
    assert len(browser.every(ROWS)) == 19 * 14
    rates = [name.split(", ")[1] for name in names if name.startswith("Gradient Ascent")]
    assert rates == ["lr1e-05", "lr0.0005", "lr0.001", "lr2", "lr10"]


def test_what_is_pointed_at_is_read_wherever_it_stands(browser, many):
    def box(selector):
        return browser.run(
            "const {top, bottom} = document.querySelector(arguments[0]).getBoundingClientRect();"
            "return [top, bottom, innerHeight]",
            selector,
        )

    browser.resize(1280, 800)
    browser.open(many)
    name, last = list(browser.marks().items())[-1]
    browser.point(last)
    browser.until(lambda: browser.text("#card h3") and browser.text("#card h3") in name, "the run")
    top, bottom, height = box("#card")
    assert 0 <= top < bottom <= height
    browser.resize(320, 256)
    browser.until(
        lambda: browser.run("return document.querySelector('#planes svg').clientWidth") < 320,
        "narrow",
    )
    browser.run("document.getElementById('planes').focus()")
    for key in (Keys.ARROW_DOWN, Keys.ARROW_UP):
        browser.press(key)
        card = browser.text("#card")
        # A baseline has a mark in each plane of its forget set.
        heights = [
            y
            for name, y in browser.run(MARKS_AT)
            if card.startswith(f"{name.split(', forget set ')[0]}\n")
            and f"Forget set {name.split(', forget set ')[1]};" in card
        ]
        top, bottom, height = box(".card")
        assert 0 <= top < bottom <= height and bottom - top <= height / 2
        assert any(0 <= y < top for y in heights)


@pytest.mark.parametrize("drawing", ["svg", "canvas"])
def test_on_paper_no_plane_is_cut(browser, many, tmp_path, drawing):
    sides = (
        "return [...document.querySelectorAll('#paper > *')].map(each => {"
        "const {left, right, height} = each.getBoundingClientRect(); return [left, right, height]})"
    )
    whole = Path(urlsplit(many).path).read_text()
    assert FEW_ARE_MANY[0] in whole
    file = tmp_path / "explore.html"
    file.write_text(whole.replace(*FEW_ARE_MANY) if drawing == "canvas" else whole)
    browser.resize(1280, 800)
    browser.open(f"{file.as_uri()}#{many.partition('#')[2]}")
    assert browser.every(f"#planes {drawing}")
    browser.run(
        "const count = () => document.querySelectorAll('#paper > *').length;"
        "addEventListener('beforeprint', () => { window.parts = count(); });"
        "addEventListener('afterprint', () => { window.left = count(); });"
    )
    browser.driver.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.69})
    # A forget set a row, and each row a part.
    assert browser.run("return [window.parts, window.left]") == [18, 0]
    # What is between margins of 1 cm on A4, of planes that were drawn for a wider window.
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.run("document.body.style.width = '718px'; dispatchEvent(new Event('beforeprint'))")
    side = browser.run("return document.body.getBoundingClientRect().right")
    for left, right, height in browser.run(sides):
        assert left >= 0 and right <= side and 100 < height < 1047 / 2
    shown = [browser.one(part).is_displayed() for part in ("#paper", "#planes", "#rows")]
    assert shown == [True, False, True]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_a_page_as_large_as_a_report_shows_is_shown(browser, tmp_path):
    small = page(library=LIBRARY)
    large = small + (IN_ADDRESS - len(small.encode())) * " "
    content = b64encode(in_report(large, "results/s/explore.html").encode()).decode()
    file = tmp_path / "report.html"
    file.write_text(f'<iframe src="data:text/html;charset=utf8;base64,{content}"></iframe>')
    browser.go(file.as_uri())
    browser.driver.switch_to.frame(0)
    browser.drawn()
    assert browser.marks()
    assert browser.text("#held").startswith("Here, within a report, nothing is kept")
    browser.driver.switch_to.default_content()


def test_a_row_that_is_not_full_has_its_axes_and_mistyped_names_leave_the_first_view(
    browser, tmp_path
):
    file = tmp_path / "three.html"
    file.write_text(page(methods=("ga", "gda", "scrub"), library=LIBRARY))
    titles = "#planes .mark-text.role-axis-title text"
    browser.resize(1050)  # two planes a row
    browser.open(f"{file.as_uri()}#set=nowhere&method=nothing")
    texts = [title.get_attribute("textContent") for title in browser.every(titles)]
    assert texts.count("P95 KLoM, forget set") == 3  # a shared axis is under two columns
    assert "“nowhere”" in browser.text("#unknown") and "“nothing”" in browser.text("#unknown")
    browser.resize(1280)
