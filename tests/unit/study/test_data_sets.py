"""What is known of data sets without reading them is what their loaders give."""

from importlib import import_module

import pytest

from tests.helpers.configs import edited
from unlearning.planning.costs import Costs
from unlearning.planning.network_size import network_size
from unlearning.study import config as studies
from unlearning.study import config_data, data_sets
from unlearning.study.config_words import modules
from unlearning.study.data_sets import DataSet, facts

LOADERS = modules("datasets")


@pytest.mark.parametrize("name", LOADERS)
def test_points_are_those_of_the_loader(name):
    loader = import_module(f"unlearning.datasets.{name}")
    height, *rest = loader.SIZE
    shape = (rest[-1], height, height) if rest else (height,)
    assert data_sets.inputs(name) == (shape, loader.CLASSES)


@pytest.mark.parametrize("name", LOADERS)
def test_facts_are_those_of_the_loader(name):
    loader, known = import_module(f"unlearning.datasets.{name}"), facts(name)
    assert loader.SIZE in ((known.side, known.side, known.channels), (known.context,))
    assert known.kind == ("sequences" if name in ("names", "texts") else "images")
    assert known.classes == loader.CLASSES
    assert known.reads_no_files == (name in ("digits", "synthetic", "names"))
    assert known.needs_folder == (name in ("living17", "texts"))
    assert known.reads == ("*.txt" if name == "texts" else None)
    groups = {"living17": lambda: tuple(loader.superclasses()), "names": lambda: loader.GROUPS}
    assert known.groups == (None if name == "texts" else groups.get(name, tuple)())


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
            assert name in ("synthetic", "names", "texts")
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
        ("SIZE = 2 * SIDE\nCLASSES: int = 3\nA.TRAIN = 3\n", DataSet(classes=3, groups=())),
        ("SIZE = (9,)\nCLASSES = 4\nGROUPS = ('a', 'b')", DataSet(
            context=9, classes=4, groups=("a", "b")
        )),
        ("SIZE = (5, 6, 2)\nLARGEST_CLASS = 7", DataSet(largest_class=7, groups=())),
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


def test_the_plan_reckons_with_what_a_loader_of_ones_own_states(tmp_path, monkeypatch):
    monkeypatch.setattr(data_sets, "FOLDER", tmp_path)
    monkeypatch.setattr(config_data, "modules", lambda package: ["mine"])
    config = edited(["dataset", "name"], "mine")
    config["dataset"]["normalisation"] = {"mean": [0.5] * 3, "std": [0.25] * 3}
    for text in (
        "",
        "SIZE = (32, 32, 3)\n",
        "CLASSES = 100\n",
        "SIZE = (32, 30, 3)\nCLASSES = 9\n",
    ):
        (tmp_path / "mine.py").write_text(text)
        facts.cache_clear()
        with pytest.raises(ValueError, match=r"dataset\.name: .*mine\.py does not say .* SIZE ="):
            studies.check(config)
    (tmp_path / "mine.py").write_text("SIZE = (32, 32, 3)\nCLASSES = 100\n")
    facts.cache_clear()
    studies.check(config)
    assert Costs(config).network == network_size({"name": "mlp", "hidden": 128}, (3, 32, 32), 100)
    facts.cache_clear()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CLASSES = '10'", r"mine\.py: CLASSES = '10' must be a whole number"),
        ("CLASSES = True", r"CLASSES = True must be"),
        ("TRAIN, VALIDATION = 0, 9", r"TRAIN = 0 must be"),
        ("SIZE = (8, 8, -1)\nCLASSES = 3", r"does not say what its points are"),
        ("a = 1\ndef load(:\n", r"mine\.py, line 2: .*not Python"),
        (b"# \xff\n", r"mine\.py.*not Python"),
    ],
)
def test_a_loader_that_states_nonsense_is_named(text, message, tmp_path, monkeypatch):
    monkeypatch.setattr(data_sets, "FOLDER", tmp_path)
    monkeypatch.setattr(config_data, "modules", lambda package: ["mine"])
    (tmp_path / "mine.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    facts.cache_clear()
    with pytest.raises(ValueError, match=r"dataset\.name: .*" + message):
        studies.check(edited(["dataset", "name"], "mine"))
    facts.cache_clear()


def test_files_that_people_edit_are_looked_at(tmp_path):
    for name in ("b.txt", "a.txt", "notes.md"):
        (tmp_path / name).write_text("x")
    found = data_sets.read_files({"name": "texts", "folder": str(tmp_path)})
    assert found == [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]
    assert data_sets.read_files({"name": "texts", "folder": None}) == []
    assert data_sets.read_files({"name": "living17", "folder": str(tmp_path)}) == []
