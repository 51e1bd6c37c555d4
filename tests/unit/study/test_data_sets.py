"""What is known of data sets without reading them is what their loaders give."""

from importlib import import_module

import pytest

from unlearning.study import data_sets
from unlearning.study.config_words import modules
from unlearning.study.data_sets import DataSet, facts

LOADERS = modules("datasets")


@pytest.mark.parametrize("name", LOADERS)
def test_facts_are_those_of_the_loader(name):
    loader, known = import_module(f"unlearning.datasets.{name}"), facts(name)
    assert (known.side, known.side, known.channels) == loader.SIZE
    assert known.classes == loader.CLASSES
    assert known.reads_no_files == (name in ("digits", "synthetic"))
    assert known.needs_folder == (name == "living17")
    assert known.groups == (tuple(loader.superclasses()) if name == "living17" else ())


@pytest.mark.parametrize("name", LOADERS)
def test_a_loader_refuses_one_image_more_than_is_known(name):
    """Before it reads anything: the folder does not exist."""
    known = facts(name)
    loader = import_module(f"unlearning.datasets.{name}")
    folder = None if known.reads_no_files else "nowhere"
    for key, there in (
        ("n_train", known.train or known.together),
        ("n_validation", known.validation or known.together),
    ):
        if there is None:
            assert name == "synthetic"
            continue
        counts = {"n_train": known.parts, "n_validation": known.parts}
        counts[key] = there + known.parts
        with pytest.raises(ValueError, match=f"{key} is {counts[key]}, but .* has only {there} im"):
            loader.load(**counts, seed=0, folder=folder)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", DataSet(groups=())),
        ("SIZE = (5, 5, 2)\nTRAIN, TEST = 60, 10\n", DataSet(5, 2, train=60, groups=())),
        ("SIZE = 2 * SIDE\nCLASSES: int = 3\nA.TRAIN = 3\n", DataSet(groups=())),
        ("def load(): # with groups of its own\n    TRAIN = 7\n", DataSet()),
        ("from unlearning.datasets.base import check_no_folder", DataSet(
            reads_no_files=True, groups=()
        )),
    ],
)  # fmt: skip
def test_a_loader_of_ones_own_need_state_nothing(text, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(data_sets, "FOLDER", tmp_path)
    facts.cache_clear()
    (tmp_path / "mine.py").write_text(text)
    assert facts("mine") == expected
    assert facts("another") == DataSet()
    facts.cache_clear()
