"""Every rule that makes something is said in words, with what tells its jobs apart."""

import re

import pytest

from tests.helpers.study import ROOT
from unlearning.planning.words import WORDS, by_the_clock, in_words


def rules():
    """Return each rule that runs a script, with the wildcards of its jobs."""
    found = {}
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        for name, body in re.findall(
            r"^ *rule (\w+):\n(.*?)(?=^ *rule |\Z)", path.read_text(), re.M | re.S
        ):
            if "script:" in body:
                log = re.search(r"log:\n +(.*)", body)[1]
                found[name] = set(re.findall(r"{(\w+)}", log)) - {"study"}
    return found


def test_every_rule_has_words_and_no_words_are_of_no_rule():
    assert set(WORDS) == set(rules()), "write them into unlearning/planning/words.py"


def test_words_name_what_tells_jobs_of_a_rule_apart():
    for rule, wildcards in rules().items():
        assert set(re.findall(r"{(\w+)}", WORDS[rule])) == wildcards, rule


def test_words_of_a_job_and_of_a_target():
    job = {"study": "s", "forget_set": "3", "method": "ga", "chunk": "0-9", "trajectory": "lr0.1"}
    assert in_words("unlearn", job) == "unlearn set 3 by ga, lr0.1, members 0-9"
    assert in_words("all", {}) == "target all"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0:00"), (59.6, "1:00"), (754, "12:34"), (3599.7, "1:00:00"), (234_000, "65:00:00")],
)
def test_durations_as_clocks_show_them(seconds, expected):
    assert by_the_clock(seconds) == expected
