"""The package is as its plan says; what is not is named, file by file."""

import html

import pytest

from docs.architecture import PICTURE, summary
from docs.rooms import PLAN, Package, Room, complaints, names_from_rooms, read_plan
from tests.helpers.study import ROOT
from unlearning.study.conditions import ZERO_STRENGTH
from unlearning.study.config_methods import method_parameters

#: What has unit tests beside the package.
BESIDE = {
    "bench": "bench",
    "starting": "workflow/starting",
    "telling": "workflow/telling",
}
ROOMS = {"upper": Room(2, "Above."), "lower": Room(1, "Below.")}
SOUND = {
    "__init__.py": "",
    "upper/__init__.py": '"""Above."""\n',
    "upper/one.py": "from house.lower.two import f\n\n\ndef g():\n    return f()\n",
    "lower/__init__.py": '"""Below."""\n',
    "lower/two.py": "def f():\n    return 1\n",
    "lower/three.py": "",
}


def build(tmp_path, changes):
    """Write a package of two rooms, with some files changed or left out."""
    for name, text in (SOUND | changes).items():
        if text is not None:
            (tmp_path / "house" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "house" / name).write_text(text)
    return Package(tmp_path / "house")


def test_the_package_is_as_planned():
    package, plan = Package(ROOT / "unlearning"), read_plan(PLAN.read_text())
    assert complaints(package, plan) == []
    assert len(plan) == 21
    assert ("methods", "trajectories") in package.arrows()


def test_the_picture_has_the_arrows_of_today():
    drawn = summary(read_plan(PLAN.read_text()), Package(ROOT / "unlearning").arrows())
    text = html.unescape(PICTURE.read_text())
    assert f"<dc:description>{drawn}</dc:description>" in text, "draw it again: make architecture"


def test_the_tests_have_the_same_rooms():
    folders = {path.name for path in (ROOT / "tests" / "unit").iterdir() if path.is_dir()}
    rooms = {name for name in read_plan(PLAN.read_text()) if not name.endswith(".py")}
    assert folders - {"__pycache__"} == rooms | set(BESIDE)


def test_a_test_is_found_from_its_module_and_a_module_from_its_test():
    solvers = "theory/test_solvers.py"  # of all of them, on the same problems
    for path in (ROOT / "tests" / "unit").rglob("test_*.py"):
        room, name = path.parent.name, path.stem.removeprefix("test_")
        where = ROOT / BESIDE.get(room, f"unlearning/{room}")
        if room != "unit" and f"{room}/{path.name}" != solvers:
            modules = [file.stem for file in where.iterdir()]
            assert any(f"{name}_".startswith(f"{module}_") for module in modules), path


def test_methods_are_methods_and_nothing_else():
    for path in (ROOT / "unlearning" / "methods").glob("[!_]*.py"):
        assert {"learning_rate", *ZERO_STRENGTH} & method_parameters(path.stem), path


@pytest.mark.parametrize("folder", ["workflow/scripts", "bench"])
def test_names_are_taken_from_their_modules(folder):
    """A job that took the theory's names from the room would not know the modules behind them."""
    assert list(names_from_rooms(ROOT / folder, "unlearning")) == []


def test_a_sound_house_has_no_complaints(tmp_path):
    assert complaints(build(tmp_path, {}), ROOMS) == []


LOWER, CIRCLE = "from house.upper.one import g\n", "from house.lower.{} import f\n"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"lower/three.py": LOWER},
            ["lower/three.py -> upper/one.py: upwards, from floor 1 to 2", "circle of rooms"],
        ),
        (
            {"lower/two.py": CIRCLE.format("three"), "lower/three.py": CIRCLE.format("two")},
            ["a circle of imports: lower/three.py -> lower/two.py -> lower/three.py"],
        ),
        (
            {"lower/two.py": "from . import three\n", "lower/three.py": "from .two import f\n"},
            ["a circle of imports: lower/three.py -> lower/two.py -> lower/three.py"],
        ),
        ({"lower/two.py": "import house.upper.one\n"}, ["lower/two.py -> upper/one.py: upwards"]),
        ({"upper/__init__.py": None}, ["upper/__init__.py: is missing"]),
        ({"__init__.py": None}, ["./__init__.py: is missing"]),
        (
            {"upper/__init__.py": '"""Above."""\nfrom house.upper import one\n'},
            ["upper/__init__.py: imports upper/one.py", "upper/__init__.py, line 2: is more than"],
        ),
        (
            {"upper/__init__.py": '"""Above."""\nimport numpy as np\n'},
            ["upper/__init__.py, line 2: is more than a sentence"],
        ),
        ({"__init__.py": "X = 1\n"}, ["__init__.py, line 1: is more than a sentence"]),
        ({"upper/__init__.py": '"""Beside."""\n'}, ["says 'Beside.', and the plan 'Above.'"]),
        (
            {"upper/two.py": "def f():\n    return 1\n"},
            ["lower/two.py, upper/two.py: a module in two rooms, both define f"],
        ),
        ({"loose.py": "", "other/a.py": ""}, ["loose.py: in no room", "other/a.py: in no room"]),
        ({"lower/three.py": "import snakemake\n"}, ["lower/three.py, line 1: imports snakemake"]),
        (
            {"lower/three.py": "def f():\n    from snakemake.io import expand\n"},
            ["lower/three.py, line 2: imports snakemake.io"],
        ),
        (
            {"lower/three.py": 'PATH = "results/digits"\n'},
            ["lower/three.py, line 1: knows a path of results"],
        ),
        *(
            (
                {"lower/three.py": f"A = {text}\n"},
                ["lower/three.py, line 1: knows a path of results"],
            )
            for text in (
                '"../results"',
                'f"results/{study}"',
                'Path("results") / "digits"',
                'b"results/digits"',
                'r"results\\digits"',
            )
        ),
        *(
            ({"lower/three.py": f"{text}\n"}, ["lower/three.py, line 1: "])
            for text in (
                "from importlib import import_module",
                "import importlib",
                'A = __import__("house.upper.one")',
                "A = snakemake.input",
                "from house.theory import alpha_range",
                "from house import theory",
                "from workflow import scripts",
            )
        ),
    ],
)
def test_what_is_not_as_planned_is_named(tmp_path, changes, expected):
    found = complaints(build(tmp_path, changes), ROOMS)
    for text in expected:
        assert any(text in line for line in found), found


def test_a_plan_is_held_to_its_own_rules(tmp_path):
    package = build(tmp_path, {})
    found = complaints(package, ROOMS | {"attic": Room(3, "Old things and new.")})
    assert found[0] == "attic: the plan has it and the package does not"
    assert "attic: its sentence needs an 'and'" in found[1]
    with pytest.raises(ValueError, match="the plan names the room a twice"):
        read_plan("| 1 | `a/` | One. |\n| 2 | `a/` | Two. |\n")
