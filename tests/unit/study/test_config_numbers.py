"""Every number of a config is in its range, and no key that a user has set is idle."""

import re
from copy import deepcopy

import pytest
import yaml
from snakemake.utils import update_config

from tests.helpers.configs import CONFIG, edited
from unlearning.study import config as studies
from unlearning.study.sources import ROOT

BAD = {
    "not a number": (
        ["methods", "ga", "sweep", "learning_rate"],
        [0.1, float("nan")],
        r"methods\.ga\.sweep\.learning_rate\.1: nan is not a finite number",
    ),
    "infinite": (["klom", "clip"], float("inf"), r"klom\.clip: inf is not a finite number"),
    "infinite downwards": (
        ["dataset", "normalisation"],
        {"mean": [float("-inf")], "std": [0.5]},
        r"dataset\.normalisation\.mean\.0: -inf is not a finite number",
    ),
    "infinite whole number": (
        ["training", "epochs"],
        float("inf"),
        r"training\.epochs: inf is not",
    ),
    "more images than there are": (
        ["dataset", "validation"],
        451,
        r"dataset\.train: 1347 and dataset\.validation, 451, are more than the 1797 images",
    ),
    "folder of data without files": (
        ["dataset", "folder"],
        "digits",
        r"dataset\.folder: must be null for digits, which reads no files",
    ),
    "stacks of auto": (
        ["computing", "members_per_stack"],
        7,
        r"members_per_stack: strategy auto finds it itself; set auto, or the strategy to one of",
    ),
    "stacks of a loop": (
        ["computing"],
        {**CONFIG["computing"], "strategy": "loop", "members_per_stack": 7},
        r"members_per_stack: strategy loop finds it itself",
    ),
    "stacks larger than a job": (
        ["computing"],
        {**CONFIG["computing"], "strategy": "grouped", "members_per_stack": 251},
        r"members_per_stack: 251 is more than a job has members, which are at most 250",
    ),
    "compiled where both are tried": (
        ["computing"],
        {**CONFIG["computing"], "strategy": "measured", "compile": True},
        r"computing\.compile: strategy measured tries both; set false",
    ),
    "precision of no convolutions": (
        ["computing", "precision"],
        "bfloat16",
        r"computing\.precision: bfloat16 is of convolutions, and mlp has none; set float32",
    ),
    "precision of no convolutions evaluated": (
        ["computing", "evaluation_precision"],
        "tf32",
        r"computing\.evaluation_precision: tf32 is of convolutions",
    ),
    "frozen statistics of no BatchNorm": (
        ["methods", "ga", "fixed", "batch_norm"],
        "frozen",
        r"methods\.ga: trajectory lr0\.01 has batch_norm frozen, and mlp has no BatchNorm",
    ),
    "folder of a source that is not used": (
        ["published", "folder"],
        ".",
        r"published\.folder: must be null for source: train",
    ),
    "revision of a source that is not used": (
        ["published", "revision"],
        "0" * 40,
        r"published\.revision: must be null for source: train",
    ),
    "seed of a forget set": (
        ["forget_sets", "1", "seed"],
        2**32,
        r"forget_sets\.1\.seed: 4294967296 is greater than the maximum of 4294967295",
    ),
    "label": (
        ["forget_sets", "mine"],
        {"kind": "class", "label": 10, "size": 3, "seed": 0},
        r"forget_sets\.mine\.label: 10 is no class of digits, whose labels are 0 to 9",
    ),
    "group": (
        ["forget_sets", "mine"],
        {"kind": "group", "group": "n01632777", "size": 3, "seed": 0},
        r"forget_sets\.mine\.group: 'n01632777' is no group of digits, which has none",
    ),
    "published set in a figure": (
        ["forget_sets", "5"],
        {"kind": "published", "number": 5, "size": 10},
        r"forget_sets\.5: kind published needs source",
    ),
    "penalty twice": (["datamodels", "penalties"], [0.2, 0.1, 0.1], r"penalties: must descend"),
    "one model to fit": (
        ["datamodels"],
        {**CONFIG["datamodels"], "models": 201, "chunk": 201},
        r"held_out: twice 100 leaves one of the 201 models to fit, which takes 2",
    ),
    "subsets of everything": (
        ["datamodels", "subset_fraction"],
        0.9999,
        r"subset_fraction: leaves no training point out of a subset",
    ),
    "components": (
        ["datamodels", "components"],
        1347,
        r"components: 1347 must be less than the 1347 training points",
    ),
    "rate that is true": (
        ["methods", "ga", "fixed", "batch_size"],
        True,
        r"methods\.ga\.batch_size: True must be a whole number >= 1",
    ),
    "weight below 0": (
        ["methods", "scrub", "fixed", "gamma"],
        -0.5,
        r"methods\.scrub\.gamma: -0\.5 must be a number >= 0",
    ),
    "weight read as text": (
        ["methods", "scrub", "fixed", "alpha"],
        "1e-1",
        r"methods\.scrub\.alpha: '1e-1' must be a number >= 0; .* write 1\.0e-4",
    ),
    "division by zero": (
        ["methods", "scrub", "fixed", "temperature"],
        0,
        r"methods\.scrub\.temperature: 0 must be a number > 0",
    ),
    "list of epochs": (
        ["methods", "scrub", "fixed", "decay_epochs"],
        [3, 5.5],
        r"decay_epochs: \[3, 5\.5\] must be a list of whole numbers >= 1",
    ),
    "number for a list": (
        ["methods", "scrub", "fixed", "decay_epochs"],
        3,
        r"decay_epochs: 3 must be a list of whole numbers >= 1",
    ),
    "epochs of a control": (
        ["methods", "ga", "controls"],
        [{"learning_rate": [0.0], "epochs": [0]}],
        r"methods\.ga\.controls\.epochs: \[0\] must be a list of whole numbers >= 1",
    ),
    "epochs of a control as text": (
        ["methods", "ga", "controls"],
        [{"learning_rate": [0.0], "epochs": [1, "2"]}],
        r"methods\.ga\.controls\.epochs: \[1, '2'\] must be",
    ),
    "ascent beyond the end": (
        ["methods", "gda", "snapshots", "ascent_epochs"],
        [3, 12],
        r"methods\.gda: trajectory lr0\.1_forgetbatch32 ends after epoch 10 and never has 12",
    ),
    "empty sweep": (
        ["methods", "ga"],
        {
            **CONFIG["methods"]["ga"],
            "sweep": {},
            "fixed": {**CONFIG["methods"]["ga"]["fixed"], "learning_rate": 0.1},
        },
        r"methods\.ga\.sweep: must name a hyperparameter",
    ),
    "fig3 overlap": (
        ["theory", "fig3", "retain_ij"],
        51,
        r"theory\.fig3\.retain_ij: 51 is more than the 50 samples that are retained",
    ),
    "step of a diverging descent": (
        ["theory", "logistic", "step"],
        2,
        r"theory\.logistic\.step: 2 makes descent diverge at the ridge of .*, 1\.0: .* less than 2",
    ),
}


@pytest.mark.parametrize(
    "overlays",
    [
        ["cifar10"],
        ["cifar10", "easydub"],
        ["cifar10", "klom_models"],
        ["cifar10", "cifar10_league"],
        ["digits_league"],
        ["digits_league", "fashion_league"],
        ["digits_needs"],
        ["digits_resnet9"],
        ["fashion_mnist"],
        ["living17"],
        ["names"],
    ],
    ids="-".join,
)
def test_the_studies_are_valid(overlays):
    """On top of the default study, whose values an overlay's choice can make idle."""
    config = deepcopy(CONFIG)
    for name in overlays:
        update_config(config, yaml.safe_load((ROOT / "studies" / f"{name}.yaml").read_text()))
    if config["source"] != "train":
        config["published"]["revision"] = "0" * 40  # what a user fills in
    studies.drop_absent(config)
    studies.check(config)


def test_all_shipped_studies_are_tried():
    mark = next(m for m in test_the_studies_are_valid.pytestmark if m.name == "parametrize")
    tried = {name for overlays in mark.args[1] for name in overlays}
    assert tried == {path.stem for path in (ROOT / "studies").glob("*.yaml")}


def numbers(value, path=()):
    """The place of every number of a config, lists' first ones only."""
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield path
    for key, part in value.items() if isinstance(value, dict) else ():
        yield from numbers(part, (*path, key))
    if isinstance(value, list) and value:
        yield from numbers(value[0], (*path, 0))


@pytest.mark.parametrize("number", [".nan", ".inf", "-.inf"])
def test_every_number_must_be_finite(number):
    """As YAML writes them, at every place of the default study that holds a number."""
    places = list(numbers(CONFIG))
    assert len(places) > 90
    for place in places:
        config = edited(place, yaml.safe_load(number))
        key = r"\.".join(re.escape(str(part)) for part in place)
        with pytest.raises(ValueError, match=rf"config: {key}: (nan|-?inf) is not a finite"):
            studies.check(config)


@pytest.mark.parametrize(
    ("name", "train", "validation"),
    [
        ("digits", 1000, 797),
        ("cifar10", 50000, 10000),
        ("fashion_mnist", 60000, 10000),
        ("living17", 88400, 3400),
    ],
)
def test_numbers_of_images_are_at_most_what_there_is(name, train, validation):
    config = deepcopy(CONFIG)
    config["dataset"] |= {"name": name, "train": train, "validation": validation}
    config["dataset"]["folder"] = "imagenet" if name == "living17" else None
    studies.check(config)
    more = 68 if name == "living17" else 1
    for key in ("train", "validation"):
        asked = deepcopy(config)
        asked["dataset"][key] += more
        with pytest.raises(
            ValueError, match=rf"dataset\.{key}\b.* more than the \d+ images of {name}"
        ):
            studies.check(asked)


def test_as_many_synthetic_images_as_one_likes():
    config = deepcopy(CONFIG)
    config["dataset"] |= {"name": "synthetic", "train": 10**7, "validation": 10**6}
    studies.check(config)


def test_parts_of_living17_are_known():
    config = deepcopy(CONFIG)
    config["dataset"] |= {"name": "living17", "train": 680, "validation": 68, "folder": "imagenet"}
    good = {"kind": "group", "group": "n01632777", "size": 10, "seed": 0}
    config["forget_sets"]["mine"] = good
    studies.check(config)
    for change, complaint in (
        ({"size": 11}, r"mine\.size: 11 is more than the 10 training images of one group"),
        ({"group": "n01440764"}, r"mine\.group: 'n01440764' is no group of living17; allowed are"),
        ({"kind": "class", "label": 17}, r"mine\.label: 17 is no class of living17"),
        ({"kind": "class", "label": 3, "size": 41}, r"mine\.size: 41 .* the 40 .* of one class"),
    ):
        definition = {**good, **change}
        if definition["kind"] == "class":
            del definition["group"]
        config["forget_sets"]["mine"] = definition
        with pytest.raises(ValueError, match=complaint):
            studies.check(config)
    config["dataset"]["folder"] = None
    with pytest.raises(ValueError, match=r"dataset\.folder: must be that of a copy for living17"):
        studies.check(config)


@pytest.mark.parametrize("case", BAD)
def test_bad_config_is_refused(case):
    path, value, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        studies.check(edited(path, value))
