"""A user's file is run as Python runs a script, and leaves nothing behind."""

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
