"""``snakemake --quiet`` means what people know: typed in a real run of one short job."""

import re

import pytest

from tests.helpers.study import ROOT, snakemake

TARGET = "results/theory/ranges.csv"
WORDS = "tabulate where descent-ascent harms"
#: What a line that is printed begins with, or holds.
LINES = {
    "begin": rf"^0 of 1 .* left  begin  {WORDS}$",
    "begin, uncounted": rf"^begin  {WORDS}$",
    "done": rf"^1 of 1 .*  done   {WORDS} \([\d:]+\)$",
    "new": rf"^new:       {TARGET}$",
    "look": rf"^Look first at {TARGET}$",
}


@pytest.mark.parametrize(
    ("quiet", "seen"),
    [
        ((), {"begin", "done", "new", "look"}),
        (("--quiet", "rules"), {"done", "new", "look"}),
        (("--quiet", "progress"), {"begin, uncounted"}),
        (("--quiet",), set()),
        (("--quiet", "all"), set()),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_each_word_of_quiet_leaves_out_what_it_says(tmp_path, quiet, seen):
    where = ("--snakefile", ROOT / "Snakefile", "--directory", tmp_path, "--cores", "1")
    printed = snakemake(ROOT, *where, TARGET, *quiet)
    assert (tmp_path / TARGET).is_file()
    found = {name for name, line in LINES.items() if re.search(line, printed, re.MULTILINE)}
    assert found == seen, printed
    if "all" in quiet:
        assert "Building DAG" not in printed and WORDS not in printed
