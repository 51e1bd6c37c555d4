"""What a script depends on is what it imports, and nothing else."""

from pathlib import Path

import pytest

from tests.helpers.code import forget
from unlearning.study import sources as module
from unlearning.study.listings import Listings
from unlearning.study.sources import outside, sources


@pytest.fixture(autouse=True)
def _nothing_is_known():
    yield
    forget()


def closure(*paths):
    """Return what `sources` finds, as ``room/module.py`` and ``scripts/rule.py``."""
    return {"/".join(Path(path).parts[-2:]) for path in sources(*paths)}


def test_a_file_that_is_only_a_sentence_is_no_source():
    for script in ("train_pretrained", "unlearn", "score_method", "check_statements"):
        inits = {name for name in closure(f"workflow/scripts/{script}.py") if "__init__" in name}
        assert inits == ({"theory/__init__.py"} if script == "check_statements" else set())


def test_sources_follow_imports():
    training = closure("workflow/scripts/train_pretrained.py")
    used = {"ensembles/training.py", "networks/stacking.py", "computing/batches.py"}
    assert {"scripts/train_pretrained.py", *used} <= training
    never = {"scoring/klom.py", "scoring/scores.py", "study/design.py", "study/settings.py"}
    never |= {"study/config.py", "figures/plane.py", "artifacts/tables.py", "theory/roots.py"}
    never |= {"figures/random_sets.py", "theory/random_sets.py", "statements/random_sets.py"}
    assert not training & (never | {"methods/ga.py", "trajectories/snapshots.py"})
    unlearn = closure("workflow/scripts/unlearn.py", "unlearning/methods/ga.py")
    assert "methods/ga.py" in unlearn
    assert not unlearn & (never | {"methods/gda.py", "methods/scrub.py"})
    score = closure("workflow/scripts/score_method.py")
    assert "scoring/klom.py" in score
    assert not score & {"ensembles/training.py", "networks/stacking.py", "figures/plane.py"}
    theory = closure("workflow/scripts/check_statements.py")
    solvers = {"theory/roots.py", "theory/toy.py", "theory/two_coordinates.py"}
    assert {*solvers, "theory/page.py"} <= theory
    assert not theory & {"ensembles/training.py", "trajectories/learner.py", "scoring/klom.py"}
    assert not theory & {"datasets/base.py", "figures/plane.py"}
    draw = closure("workflow/scripts/draw_figure.py", "unlearning/figures/fig1.py")
    assert {"figures/fig1.py", "figures/plane.py", "figures/layout.py"} <= draw
    assert not draw & {"figures/fig2.py", "figures/fig5.py", "ensembles/training.py"}


def test_imports_of_every_form_are_followed(tmp_path, monkeypatch):
    files = {
        "script.py": "from house.upper import one\nimport house.upper.two as two\n",
        "house/__init__.py": '"""A house."""\n',
        "house/upper/__init__.py": '"""Above."""\nfrom .three import name\n',
        "house/upper/one.py": "from ..lower.four import f\nfrom . import five\n",
        "house/upper/two.py": "def late():\n    from house.lower import six\n",
        **{f"house/upper/{name}.py": "" for name in ("three", "five", "never")},
        "house/lower/__init__.py": '__import__("sys").path\n',
        **{f"house/lower/{name}.py": "" for name in ("four", "six")},
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    assert files.keys() - set(sources("script.py")) == {"house/__init__.py", "house/upper/never.py"}


def test_code_is_named_as_git_names_it(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ROOT", tmp_path)
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("test content\n")
    assert module.blob("empty") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert module.blob("text") == "d670460b4b4aece5915caf5c68d12f560a9fe3e4"


def beside(folder, **files):
    """Write files of code, names with / as __, and forget what is known of code."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    forget()


def test_what_is_imported_by_a_text_or_a_star_is_seen(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "import importlib\nfrom pkg import *\nimportlib.import_module('late')\n"
    beside(tmp_path, mine=text + "__import__('later')\n", late="", later="", never="")
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("__all__ = ['one', 'two']\n")
    for name, content in {"one": "import_module('.three')\n", "two": "", "three": ""}.items():
        (tmp_path / "pkg" / f"{name}.py").write_text(content)
    found = {name for name in sources(outside("mine.py")) if name.startswith(".")}
    packaged = {f"./pkg/{name}.py" for name in ("__init__", "one", "two", "three")}
    assert found == {"./mine.py", "./late.py", "./later.py", *packaged}


def test_beside_a_link_is_where_it_points_to(tmp_path, monkeypatch):
    study = tmp_path / "study"
    study.mkdir()
    monkeypatch.chdir(study)
    beside(tmp_path / "code", mine="import helper\n", helper="")
    beside(study, helper="")
    (study / "mine.py").symlink_to("../code/mine.py")
    assert sources(outside("mine.py")) == ["../code/helper.py", "../code/mine.py"]
    assert outside(str(study / "mine.py")) == str(tmp_path / "code" / "mine.py")


def test_files_of_two_folders_are_each_followed_in_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("a", "b"):
        beside(tmp_path / folder, mine="import helper\n", helper=f"{folder} = 1\n")
    names = [f"./{folder}/{name}.py" for folder in "ab" for name in ("helper", "mine")]
    assert sources("./a/mine.py", "./b/mine.py") == names
    listing = Listings(lambda text: None)("./a/mine.py", "./b/mine.py")
    labels = [line.split()[1] for line in Path(listing).read_text().splitlines()]
    assert labels == ["./helper.py", "./mine.py"] * 2, "each as it lies beside its own method"
