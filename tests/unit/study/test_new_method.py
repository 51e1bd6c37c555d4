"""A new method is a template under its own name, and overwrites nothing."""

import pytest
import yaml
from snakemake.utils import update_config

from tests.helpers.configs import CONFIG, edited
from tests.helpers.study import ROOT
from unlearning.study import config as studies
from unlearning.study.method_files import method_signature
from unlearning.study.new_method import required_name, write

TEMPLATES = ROOT / "workflow" / "templates"


@pytest.mark.parametrize("style", ["plain", "stacked"])
def test_what_is_written_is_a_valid_study(tmp_path, monkeypatch, style):
    monkeypatch.chdir(tmp_path)
    write("mine", style, TEMPLATES, ["gda", "ga"])
    assert {path.name for path in tmp_path.iterdir()} == {"mine.py", "mine.yaml"}
    texts = [path.read_text() for path in tmp_path.iterdir()]
    left = ("METHOD", "BATCH_NORM", "OTHERS")
    assert not any(word in text for text in texts for word in left)
    config = edited(["seed"], 0)
    update_config(config, yaml.safe_load((tmp_path / "mine.yaml").read_text()))
    studies.check(config)
    assert config["run"]["methods"] == ["gda", "ga", "mine"]  # beside those of its study
    assert method_signature("mine", "mine.py").plain is (style == "plain")


def test_nothing_is_overwritten(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("seed: 1\n")
    with pytest.raises(ValueError, match=r"name: mine\.yaml is there already, and is not"):
        studies.check({**CONFIG, "name": "mine"})
    (tmp_path / "mine.yaml").rename(tmp_path / "mine.py")
    with pytest.raises(FileExistsError):
        write("mine", "plain", TEMPLATES, ["ga"])
    assert (tmp_path / "mine.py").read_text() == "seed: 1\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ga", "ga is a method already"),
        ("random", "import random gives something else in Python"),
        ("torch", "import torch gives something else in Python"),
        ("My method", "does not match"),
        ("../mine", "does not match"),
    ],
)
def test_a_name_must_be_free(tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        studies.check({**CONFIG, "name": name})


def test_without_a_name_there_is_no_method():
    studies.check({**CONFIG, "name": None})
    with pytest.raises(ValueError, match="--config name=mine style=plain"):
        required_name(CONFIG)


@pytest.mark.parametrize("name", ["oracle_floor", "class"])
def test_a_name_that_means_something_else_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=f"name: {name} has a meaning already"):
        studies.check({**CONFIG, "name": name})
