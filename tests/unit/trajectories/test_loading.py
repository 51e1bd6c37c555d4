"""A user's file is run as Python runs a script, and leaves nothing behind."""

import re
import sys
from pathlib import Path

import pytest

from tests.helpers import outside
from unlearning.trajectories.loading import MethodError, place

DATACLASS = """
from dataclasses import dataclass
import helper


@dataclass
class Options:
    rate: "float"


def unlearn(net, forget_loader, *, epochs):
    return helper.identity(net)
"""


def test_what_is_beside_a_file_is_found_and_nothing_is_written_there(tmp_path):
    method = outside.load(tmp_path, DATACLASS, helper="def identity(value):\n    return value\n")
    assert {path.name for path in tmp_path.iterdir()} == {"mine.py", "helper.py"}
    assert method.call("", 3, None, epochs=[1]) == 3
    assert (method.network, method.takes) == ("net", {"net", "forget_loader", "epochs"})
    assert "helper" not in sys.modules


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\nimport nothing_of_that_name\n", "mine.py, line 2: ModuleNotFoundError"),
        ("import helper\n", "helper.py, line 2: invalid syntax: not Python"),
        ("from . import helper\n", "mine.py, line 1: ImportError: attempted relative import"),
        ("def f():\n    raise SystemExit(0)\n\n\nf()\n", "mine.py, line 2: SystemExit: 0"),
    ],
)
def test_a_file_that_cannot_be_run_is_named_with_its_line(tmp_path, text, message):
    with pytest.raises(MethodError) as caught:
        outside.load(tmp_path, text, helper="\ndef f(:\n")
    assert str(caught.value).startswith(f"{tmp_path}/{message}")


def test_files_are_called_as_the_study_calls_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = Path.cwd()
    assert place("mine.py", str(here / "mine.py"), 3) == "mine.py, line 3"
    assert place("of/mine.py", str(here / "of" / "parts" / "a.py"), 3) == "of/parts/a.py, line 3"
    assert place("../mine.py", str(here.parent / "mine.py"), 3) == "../mine.py, line 3"


UNSEEN = "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))\n"
METHOD = "\n\ndef unlearn(net, retain_loader, *, epochs, batch_size):\n{}    yield from epochs\n"


@pytest.mark.parametrize("late", [False, True])
def test_what_no_plan_can_see_is_refused_by_its_file(tmp_path, late):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "deep.py").write_text("")
    text = UNSEEN + ("" if late else "import deep\n")
    text += METHOD.format("    import deep\n" if late else "")
    expected = f"{tmp_path}/lib/deep.py: {tmp_path}/mine.py imports it in a way that is not seen"
    path = list(sys.path)
    try:
        with pytest.raises(MethodError, match=re.escape(expected)):
            method = outside.load(tmp_path, text)
            sys.path.insert(0, str(tmp_path / "lib"))  # as it is in a job
            outside.run(method)
    finally:
        sys.path[:] = path
        sys.modules.pop("deep", None)


def test_a_linked_file_is_run_where_it_points_to_and_called_as_the_study_does(tmp_path):
    code, study = tmp_path / "code", tmp_path / "study"
    for folder in (code, study):
        folder.mkdir()
    (code / "real.py").write_text("import helper\n" + METHOD.format("    helper.fail()\n"))
    (code / "helper.py").write_text("def fail():\n    1 / 0\n")
    (study / "mine.py").symlink_to(code / "real.py")
    method = outside.load(study)
    assert method.at == f"{study}/mine.py, line 4"
    with pytest.raises(MethodError, match=rf"^{code}/helper\.py, line 2: ZeroDivisionError"):
        outside.run(method)


def test_helpers_of_one_name_are_each_methods_own(tmp_path):
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
        (folder / "mine.py").write_text("import helper\n" + METHOD.format(""))
        (folder / "helper.py").write_text(f"WHO = {folder.name!r}\n")
    found = outside.load_all(*folders)
    assert [each.function.__globals__["helper"].WHO for each in found] == ["a", "b"]
