"""Tables that sort: titles are buttons, cells say what they are sorted by, all is on the page."""

import re

from unlearning.league.sorting import SCRIPT, Cell, Column, Narrowed, sortable

TABLE = sortable(
    "scores",
    "What <it> is",
    [Column("Name", meaning='a "name"'), Column("Score", number=True)],
    [
        ("told", [Cell("a<b"), Cell(10.5, "<b>10.5</b>")]),
        ("", [Cell("c"), Cell(float("nan"))]),
        ("", [Cell("d"), Cell(None)]),
    ],
    [Narrowed("Name", "c")],
)


def test_every_title_is_a_button_that_says_how_it_sorts():
    heads = re.findall(r"<th .*?</th>", TABLE)
    assert len(heads) == 2
    for head, kind in zip(heads, ("text", "number"), strict=True):
        assert 'scope="col"' in head and 'aria-sort="none"' in head
        assert f'data-kind="{kind}"' in head and '<button type="button"' in head


def test_cells_are_sorted_by_their_values_and_not_by_their_looks():
    assert '<td data-value="10.5"><b>10.5</b></td>' in TABLE
    assert TABLE.count('data-value=""') == 2  # of what is missing
    assert '<td data-value="a&lt;b">a&lt;b</td>' in TABLE
    assert "What &lt;it&gt; is" in TABLE and 'title="a &quot;name&quot;"' in TABLE


def test_rows_can_be_narrowed_and_begin_with_what_is_asked_for():
    assert '<select data-table="scores" data-column="0">' in TABLE
    assert '<option value="">all</option>' in TABLE
    assert '<option selected value="c">c</option>' in TABLE
    assert TABLE.count("<option selected") == 1


def test_the_script_sorts_tells_screen_readers_and_needs_nothing_else():
    for part in ("aria-sort", "dataset.value", "table.sortable", "addEventListener"):
        assert part in SCRIPT
    assert "http" not in SCRIPT and "import" not in SCRIPT and "</script" not in SCRIPT
