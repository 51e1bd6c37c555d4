"""What of the answer a study can give, from its config alone."""

from copy import deepcopy

import pytest
import yaml
from snakemake.utils import update_config

from tests.helpers.study import ROOT
from unlearning.study import answering

DIGITS = yaml.safe_load((ROOT / "config.yaml").read_text())


def study(*changes):
    config = deepcopy(DIGITS)
    for change in changes:
        update_config(config, deepcopy(change))
    return config


RESNET9 = yaml.safe_load((ROOT / "studies" / "digits_resnet9.yaml").read_text())


def test_a_study_without_batch_norm_has_no_drift_to_show():
    assert "controls" not in answering.parts(study())
    assert answering.figures(study())[:3] == ["fig6", "fig2", "selection"]
    with pytest.raises(ValueError, match=r"model mlp has no BatchNorm"):
        answering.controlled(study(), "results/{study}/x")


def test_a_study_with_it_shows_everything():
    config = study(RESNET9)
    assert answering.figures(config) == list(answering.FIGURES)
    assert answering.controlled(config, "results/{study}/x") == "results/digits_resnet9/x"
    assert answering.sizes(config) == {"1": 10}
    about = answering.about(config)
    assert "resnet9 at 0.125 of the paper's width" in about
    assert "N = 100 members" in about and "1: 10 random" in about


def test_what_a_study_does_not_ask_is_left_out():
    config = study(RESNET9, {"influence": None, "run": {"forget_sets": ["5"], "methods": ["ga"]}})
    config["influence"] = None
    assert answering.parts(config) == ["scores", "stability", "controls", "selection"]
    assert answering.sizes(config) == {}


def test_a_random_set_of_sequences_is_one_though_lemma_1_is_not_about_it():
    config = study(yaml.safe_load((ROOT / "studies" / "names.yaml").read_text()))
    assert answering.sizes(config) == {"random100": 100}
    assert "random_sets" not in answering.parts(config)
