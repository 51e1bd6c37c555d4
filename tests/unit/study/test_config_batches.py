"""A batch of one point is refused where BatchNorm sees one pixel of it, and nowhere else."""

from copy import deepcopy

import pytest
import torch
import yaml
from snakemake.utils import update_config

from tests.helpers.study import ROOT
from unlearning.networks import models
from unlearning.study import config as studies
from unlearning.study import influence
from unlearning.study.config_batches import batch_complaints, last_side
from unlearning.study.design import used_forget_sets

DIGITS = yaml.safe_load((ROOT / "config.yaml").read_text())
RESNET9 = yaml.safe_load((ROOT / "studies" / "digits_resnet9.yaml").read_text())


def complaints(*changes, base=RESNET9):
    config = deepcopy(DIGITS)
    for change in (base, *changes):
        update_config(config, deepcopy(change))
    studies.drop_absent(config)
    sets = {name: config["forget_sets"][name] for name in used_forget_sets(config)}
    return list(batch_complaints(config, sets | influence.forget_sets(config)))


@pytest.mark.parametrize("side", [12, 14, 16, 32])
@pytest.mark.parametrize("name", ["resnet9", "resnet18"])
def test_one_point_fails_exactly_where_the_last_map_is_one_pixel(name, side):
    network = getattr(models, name)(input_shape=(1, side, side), classes=10, width=0.0625)
    image = torch.zeros(1, 1, side, side)
    if last_side(name, side) == 1:
        with pytest.raises(ValueError, match="more than 1 value per channel"):
            network.train()(image)
    else:
        network.train()(image)


def test_the_shipped_studies_have_none():
    assert complaints() == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"training": {"batch_size": 673}}, "training.batch_size: 673 leaves one of the 1347 "),
        ({"dataset": {"train": 1351}}, "1351 points of the training set"),
        ({"dataset": {"train": 1361}}, "1351 points of the retain set of 1 "),
        ({"forget_sets": {"1": {"size": 1}}}, "methods.ga.batch_size: 64 leaves one of the 1 "),
        ({"forget_sets": {"1": {"size": 33}}}, "methods.gda.forget_batch_size: 32 leaves one of"),
        ({"forget_sets": {"1": {"size": 66}}}, "methods.gda.batch_size: 64 leaves one of the 1281"),
        ({"influence": {"random": {"sizes": [65]}}}, "forget set influence-random-65-1"),
    ],
)
def test_each_pass_is_looked_at(change, message):
    found = complaints(change)
    assert any(message in text for text in found), found
    assert all("12 pixels a side; choose another" in text for text in found)


def test_larger_images_and_networks_without_batch_norm_take_any_batch():
    alone = {"training": {"batch_size": 673}}
    assert complaints(alone, {"dataset": {"pad_to": 16}}) == []
    assert complaints(alone, base={}) == []
