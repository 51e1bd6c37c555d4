"""Which rules make a file is looked for once a file, in each index of its own."""

import pytest
from snakemake.output_index import OutputIndex

from workflow.starting.producers import ask_once


class Index:
    def __init__(self, rules):
        self.rules, self.looked = rules, []

    def match_producers(self, targetfile):
        self.looked.append(targetfile)
        if targetfile == "damaged":
            raise OSError(targetfile)
        return self.rules.get(targetfile, set())


@pytest.fixture
def index(monkeypatch):
    monkeypatch.setattr(Index, "match_producers", Index.match_producers)  # undone afterwards
    ask_once(Index)
    return Index


def test_a_file_is_looked_for_once(index):
    rules = index({"inputs.npy": {"prepare_data"}})
    for _ in range(3):
        assert rules.match_producers("inputs.npy") == {"prepare_data"}
        assert rules.match_producers("nobody.npy") == set()
    assert rules.looked == ["inputs.npy", "nobody.npy"]


def test_an_index_knows_nothing_of_another(index):
    before, after = index({"a": {"old"}}), index({"a": {"new"}})
    assert (before.match_producers("a"), after.match_producers("a")) == ({"old"}, {"new"})


def test_what_fails_is_looked_for_again(index):
    rules = index({})
    for _ in range(2):
        with pytest.raises(OSError, match="damaged"):
            rules.match_producers("damaged")
    assert rules.looked == ["damaged", "damaged"]


def test_snakemake_looks_by_that_name():
    assert callable(OutputIndex.match_producers)
