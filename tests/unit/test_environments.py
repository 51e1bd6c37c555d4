"""Both environments, pip's and conda's, have the same versions."""

import re

import yaml

from bench.repository import ROOT

#: What conda-forge calls otherwise than PyPI.
NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib", "seaborn-base": "seaborn"}


def test_conda_takes_the_versions_of_the_lock():
    text = (ROOT / "envs" / "requirements.lock").read_text()
    locked = {
        name.lower().replace("_", "-"): version
        for name, version in re.findall(r"^([\w.-]+)(?:\[.*?\])?==([\w.]+)", text, re.MULTILINE)
    }
    conda = yaml.safe_load((ROOT / "envs" / "environment.yaml").read_text())["dependencies"]
    pins = dict(pin.split("=") for pin in conda)
    assert pins.pop("python") == "3.12"
    for name, version in pins.items():
        here = locked[NAMES.get(name, name).lower().replace("_", "-")]
        # As conda reads a single =: 1.9.0 takes 1.9.0.post1 as well.
        assert f"{here}.".startswith(f"{version}."), f"{name} {version} is {here} in the lock"
