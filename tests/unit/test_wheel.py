"""The package can be installed without the workflow around it, and brings what it needs."""

import ast
import subprocess
import sys
import tomllib
import venv
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from tests.helpers.study import ROOT, copy_repository

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

SCORES = """
import numpy as np
from unlearning import theory
from unlearning.datasets import living17
from unlearning.scoring.klom import VARIANTS, klom
from unlearning.study import config

members = np.random.default_rng(0).normal(size=(2, 40, 5)).astype(np.float32)
assert klom(members[0], members[0]).tolist() == [0] * 5
assert (klom(members[0] + 3, members[1]) > 1).all() and len(VARIANTS) == 4
assert np.isclose(theory.alpha_range(900, 100)[1], 1 / 9) and "toy_landscape" in dir(theory)
assert len(set(living17.superclasses().values())) == 17
assert config.SCHEMA.is_file()
print(config.__file__)
"""


def needed(requirements):
    """Return the distributions that requirements lead to, of those that are installed here."""
    found, pending = set(), [Requirement(text) for text in requirements]
    while pending:
        wanted = pending.pop()
        if wanted.name not in found and (not wanted.marker or wanted.marker.evaluate()):
            found.add(wanted.name)
            pending += [Requirement(text) for text in distribution(wanted.name).requires or []]
    return found


def link(names, folder):
    """Make installed distributions, and no others, importable from a folder."""
    for name in names:
        for file in distribution(name).files:
            if file.parts[0] != ".." and not (folder / file.parts[0]).exists():
                (folder / file.parts[0]).symlink_to(distribution(name).locate_file(file.parts[0]))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy of the repository."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    copy_repository(source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", target, source], check=True)
    [path] = target.iterdir()
    return path


def test_it_installs_the_package_and_nothing_else(wheel):
    names = ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"unlearning", "unlearning-0.1.0.dist-info"}
    beside = ("*.py", "*.csv", "*.yaml", "web/*")
    paths = [path for each in beside for path in (ROOT / "unlearning").rglob(each)]
    assert {str(path.relative_to(ROOT)) for path in paths} <= set(names)
    [metadata] = [name for name in names if name.endswith("METADATA")]
    assert b"Requires-Python: >=3.11" in ZipFile(wheel).read(metadata)


def test_it_scores_in_a_fresh_environment(wheel, tmp_path):
    environment = tmp_path / "environment"
    venv.create(environment, symlinks=True)
    [packages] = environment.glob("lib/python*/site-packages")
    link(needed(PROJECT["dependencies"] + ["pillow"]), packages)  # pillow: for Living-17's loader
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, "--target", packages, wheel], check=True)
    python = environment / "bin" / "python"
    done = subprocess.run(
        [python, "-I", "-W", "error", "-c", SCORES], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(packages)


def test_every_import_is_declared():
    declared = {Requirement(text).name for text in PROJECT["dependencies"]}
    for extra in PROJECT["optional-dependencies"].values():
        declared |= {Requirement(text).name for text in extra}
    known = packages_distributions()
    for path in (ROOT / "unlearning").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module]
            else:
                continue
            for module in {name.split(".")[0] for name in modules} - {"unlearning"}:
                if module not in sys.stdlib_module_names:
                    names = {name.lower().replace("_", "-") for name in known[module]}
                    assert names & declared, f"{path.name} imports {module}"
    lines = (ROOT / "envs" / "requirements.in").read_text().splitlines()
    wanted = [Requirement(line.split("#")[0]) for line in lines if line.split("#")[0].strip()]
    locked = {requirement.name: requirement.specifier for requirement in wanted}
    assert declared <= locked.keys()
    for requirement in map(Requirement, PROJECT["optional-dependencies"]["workflow"]):
        assert requirement.specifier == locked[requirement.name]
