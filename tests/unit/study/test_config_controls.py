"""A study that cannot tell drift from ascent says why."""

from copy import deepcopy

import pytest

from tests.helpers.configs import CONFIG, study
from unlearning.study.config_controls import controlled_methods


@pytest.mark.parametrize("overlay", ["digits_resnet9.yaml", "cifar10.yaml", "living17.yaml"])
def test_studies_with_batch_norm_have_their_controls(overlay):
    config = study(overlay)
    assert controlled_methods(config) == config["run"]["methods"]


def test_without_batch_norm_there_is_no_drift():
    with pytest.raises(ValueError, match=r"^controls: model mlp has no BatchNorm, whose drift"):
        controlled_methods(CONFIG)


def test_a_published_study_has_nothing_to_compare():
    config = study("digits_resnet9.yaml") | {"protocol": "published"}
    with pytest.raises(ValueError, match=r"^controls: protocol published makes every run"):
        controlled_methods(config)


@pytest.mark.parametrize("left", ["learning_rate", "batch_norm", "epochs", "batch"])
def test_both_controls_must_be_of_one_run_and_epoch(left):
    config = deepcopy(study("digits_resnet9.yaml"))
    config["run"]["methods"] = ["ga"]
    zero, frozen, *_ = config["methods"]["ga"]["controls"]
    controls = {
        "learning_rate": [frozen],
        "batch_norm": [zero],
        "epochs": [{**zero, "epochs": [1]}, {**frozen, "epochs": [3]}],
        "batch": [{**zero, "batch_size": [32]}, frozen],
    }
    config["methods"]["ga"]["controls"] = controls[left]
    with pytest.raises(ValueError, match=r"^controls: no run of ga has both the control at"):
        controlled_methods(config)
