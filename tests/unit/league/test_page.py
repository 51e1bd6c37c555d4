"""The page of a league: one document, every row, marks of who is told and of whose it is."""

import re

import pytest

from tests.helpers.leagues import computed, recorded, sets, write
from unlearning.figures.league_names import entry_name
from unlearning.league.finding import league_finding
from unlearning.league.front import mark, with_front
from unlearning.league.page import TOLD, league_page
from unlearning.league.ranks import standings
from unlearning.league.records import merge


def league(told=(), theirs=None):
    """Return standings and chosen runs, with those of a file where there is one."""
    chosen, runs = computed(tuple(told))
    if theirs:
        known = {each["name"]: each["sha256"] for each in sets()}
        counts = dict.fromkeys(known, 3)
        found = merge([theirs], identifiers=known, points=counts, checksum="abc")
        chosen = chosen.joined([each.chosen([0.2, 0.5], repeats=50) for each in found])
    table = standings(chosen, forget_sets=["1", "2"], chains=["1", "2"], seed=0)
    return table, mark(chosen.table, with_front(runs))


def page(told=(), theirs=None, merged=(), tables=None, **options):
    return league_page(
        *(tables or league(told, theirs)),
        study="digits",
        about="A <small> study.",
        labels={"1": "1: 10 random", "2": "2: 50 random"},
        finding="It is so.",
        picture=b"png",
        merged=merged,
        **options,
    )


@pytest.fixture(scope="module")
def alone():
    return page()


def test_a_page_is_one_document_with_figure_and_script(alone):
    assert alone.startswith("<!doctype html>") and alone.count("<script>") == 1
    assert 'src="data:image/png;base64,cG5n"' in alone
    assert not re.search(r'(src|href)="(?!data:|#)', alone)
    assert "A &lt;small&gt; study." in alone and "<b>It is so.</b>" in alone


def test_both_tables_have_a_row_for_each_row(alone):
    table, chosen = league()
    bodies = re.findall(r"<tbody>(.*?)</tbody>", alone, re.DOTALL)
    assert [body.count("<tr ") for body in bodies] == [len(table), len(chosen)]
    for body, head in zip(bodies, re.findall(r"<thead>(.*?)</thead>", alone), strict=True):
        columns = head.count("<th ")
        assert body.count("<td ") == columns * body.count("<tr ")


def test_it_opens_on_one_choice_within_one_budget_and_on_one_forget_set(alone):
    first = re.findall(r"<option selected[^>]*>([^<]*)<", alone)
    assert first == ["0.5", "oracle_worst", "0.5", "oracle_worst", "1: 10 random"]


def test_methods_have_the_names_of_the_figures():
    def renamed(table):
        return table.assign(method=table["method"].replace({"good": "gda"}))

    text = page(tables=tuple(map(renamed, league())))
    shown = {entry_name(name, "", False) for name in ("gda", "poor", "pretrained")}
    assert shown == {"Gradient Descent/Ascent", "poor", "doing nothing"}
    assert all(f'<td data-value="{name}">{name}</td>' in text for name in shown)
    finding = league_finding(*map(renamed, league()))
    assert "the best mean rank has Gradient Descent/Ascent with" in finding


def test_a_run_that_has_diverged_is_marked(alone):
    assert ">diverged<" not in alone
    table, chosen = league()
    mine = (chosen["method"] == "good") & (chosen["forget_set"] == "2") & (chosen["budget"] == 0.5)
    text = page(tables=(table, chosen.assign(diverged=mine.astype(int))))
    assert text.count('<span class="diverged">diverged</span>') == mine.sum() - 1
    assert text.count('<span class="diverged">1 of 2 diverged</span>') == 1  # at random


def test_what_is_left_out_is_said():
    text = page(left_out=["config: methods.mine: mine.py, line 3: it is <so>"])
    assert "<li>Left out: config: methods.mine: mine.py, line 3: it is &lt;so&gt;</li>" in text


def test_who_is_told_the_answer_is_marked(alone):
    assert f"poor {TOLD}" not in alone
    text = page(told=["poor"])
    assert text.count(f'<td data-value="poor {TOLD}">') == 6 + 12  # at one budget, by six rules
    assert f"good {TOLD}" not in text and 'class="told"' in text
    assert f"{TOLD} is told the answer" in text


def test_what_is_theirs_is_marked(tmp_path):
    path = write(tmp_path / "theirs.json", recorded(told=["poor"]))
    text = page(theirs=path, merged=["good of study ours."])
    assert '<tr class="theirs">' in text and '<tr class="told theirs">' in text
    assert "good ‡" in text and "poor † ‡" in text and "<li>good of study ours.</li>" in text


def test_the_finding_says_who_beats_retraining_and_who_ranks_first():
    assert league_finding(*league()) == (
        "Within 50 % of one retraining 2 of 4 pairs of method and forget set are better than "
        "retraining stopped early at the same cost where the oracles choose the run (good on 1, "
        "2), and 2 where accuracy, loss or a budget does; the best mean rank has good with 1.0 of "
        "4 (1.0 to 1.0), 0.50 nats above the floor on its worst split in the mean; doing nothing "
        "has 8.00."
    )


def test_the_finding_counts_who_is_told_apart():
    text = league_finding(*league(told=["good"]))
    assert "none of 2 pairs of method and forget set are better" in text
    assert "; of pairs with a method that is told the answer 2 of 2 are, and 2;" in text


def test_the_finding_of_no_run_is_a_sentence():
    table, chosen = league()
    baselines = chosen[chosen["baseline"]]
    assert league_finding(table, baselines) == (
        "Within 50 % of one retraining no method has a run."
    )
