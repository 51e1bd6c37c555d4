"""What a script depends on is what it imports, and nothing else."""

from pathlib import Path

from unlearning.study import sources as module
from unlearning.study.sources import sources


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
