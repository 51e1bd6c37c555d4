"""A family of forget sets that cannot be correlated stops with one sentence, before any job."""

import pickle
import zipfile
from collections import OrderedDict
from copy import deepcopy

import pytest
import torch
from snakemake.utils import update_config

from tests.helpers.configs import CONFIG
from unlearning.study import config as studies
from unlearning.study import influence, targets
from unlearning.study.config_influence import published_shape

FEW = {
    "random": {"sizes": [10], "of_each": 4},
    "components": {"kinds": ["top"], "components": [1], "sizes": [10, 20]},
}
BAD = {
    "too few": (FEW, "influence: 6 forget sets are too few .*, which takes 10"),
    "too large": (
        {"random": {"sizes": [10, 1347]}},
        r"influence\.random\.sizes: 1347 leaves nothing to retain of 1347",
    ),
    "too large of a component": (
        {"components": {"sizes": [2000]}},
        r"influence\.components\.sizes: 2000 leaves nothing to retain",
    ),
    "odd": ({"components": {"sizes": [15]}}, r"components\.sizes: 15 must be even for kind ends"),
    "unknown component": (
        {"components": {"components": [1, 3]}},
        r"influence\.components\.components: 3 is not computed; datamodels\.components is 2",
    ),
    "seed of another set": (
        {"random": {"seed": 0}},
        r"influence\.random\.seed: 0 to 39 are taken .*, and 0 is that of forget_sets\.1",
    ),
    "unknown kind": ({"components": {"kinds": ["middle"]}}, "'middle' is not one of"),
    "unknown method": ({"method": "gdb"}, r"influence\.method: 'gdb' is not defined; allowed are"),
    "unknown hyperparameter": (
        {"setting": {"speed": 0.9}},
        r"influence\.setting: speed is not a hyperparameter of gda; allowed are ascent_epochs",
    ),
    "wrong type": (
        {"setting": {"learning_rate": "1e-4"}},
        r"influence\.setting\.learning_rate: '1e-4' must be a number >= 0; .*write 1\.0e-4",
    ),
    "ascent after the end": (
        {"setting": {"epochs": 2}},
        r"influence\.setting: .* ends after epoch 2 and never has 5 ascent_epochs",
    ),
    "no BatchNorm": (
        {"setting": {"batch_norm": "frozen"}},
        r"influence\.setting: .* batch_norm frozen, and mlp has no BatchNorm",
    ),
    "chunks": ({"chunks": 2}, r"influence\.chunks: 2 is more than the 1 that the ensemble has"),
    "damage": ({"damage": ["both"]}, r"'both' is not one of \['pretrained', 'oracles'\]"),
    "unknown key": ({"sizes": [10]}, r"influence"),
}


def check(config):
    """Check a study that asks for its family."""
    studies.check(config)
    targets.family(config)


@pytest.mark.parametrize("case", BAD)
def test_a_bad_family_is_refused(case):
    family, message = BAD[case]
    config = deepcopy(CONFIG)
    update_config(config, {"influence": family})
    with pytest.raises(ValueError, match=message):
        check(config)


def test_a_study_that_does_not_ask_for_it_may_have_what_the_family_does_not_fit():
    config = deepcopy(CONFIG)
    config["dataset"] |= {"train": 150}
    config["run"]["methods"].remove("gda")
    del config["methods"]["gda"]
    for figure in config["figures"].values():
        figure |= {"methods": ["ga"]} if "methods" in figure else {}
    studies.check(config)
    influence.add_forget_sets(config)  # as an audit has it
    studies.check(config)
    with pytest.raises(ValueError, match=r"influence\.random\.sizes: 200 leaves nothing"):
        targets.family(config)


def test_ten_forget_sets_are_enough():
    config = deepcopy(CONFIG)
    update_config(config, {"influence": FEW | {"random": {"sizes": [10], "of_each": 8}}})
    check(config)


def test_an_overlay_takes_a_hyperparameter_away_with_the_method():
    config = deepcopy(CONFIG)
    setting = {"learning_rate": 0.1, "ascent_epochs": None}
    update_config(config, {"influence": {"method": "ga", "setting": setting}})
    studies.drop_absent(config)
    check(config)


def test_names_of_the_family_are_taken():
    config = deepcopy(CONFIG)
    config["forget_sets"]["influence-mine"] = {"kind": "random", "size": 3, "seed": 9}
    with pytest.raises(ValueError, match=r"forget_sets\.influence-mine: names that begin with"):
        check(config)


def test_a_config_that_the_family_was_added_to_is_valid_still():
    config = deepcopy(CONFIG)
    influence.add_forget_sets(config)
    check(config)


def weights(path, *shape, **kind):
    tensors = {"weight": torch.zeros(shape), "bias": torch.zeros(3), "lam": torch.zeros(3)}
    torch.save(OrderedDict(tensors) if kind.get("ordered") else tensors, path)
    return str(path)


def test_a_published_matrix_must_have_a_row_of_every_point(tmp_path):
    config = deepcopy(CONFIG)
    config["datamodels"]["file"] = weights(tmp_path / "small.pt", 1000, 1347)
    message = r"datamodels\.file: .*small\.pt has datamodels of 1000 training points, .* 1347"
    with pytest.raises(ValueError, match=message):
        check(config)
    config["datamodels"]["file"] = weights(tmp_path / "whole.pt", 1347, 1347)
    check(config)
    config["datamodels"]["file"] = str(tmp_path / "small.pt")
    studies.check(config)  # of who asks nothing of the family


@pytest.mark.parametrize("ordered", [False, True])
def test_shapes_are_read_without_the_numbers(tmp_path, ordered):
    assert published_shape(weights(tmp_path / "w.pt", 6, 4, ordered=ordered)) == (6, 4)
    part = torch.zeros(9, 8).T[:5]
    torch.save({"weight": part}, tmp_path / "part.pt")
    assert published_shape(str(tmp_path / "part.pt")) == (5, 9)


def test_what_is_no_such_file_has_no_shape_here(tmp_path):
    path = tmp_path / "no.pt"
    assert published_shape(str(path)) is None
    path.write_bytes(b"not a zip")
    assert published_shape(str(path)) is None
    for content in ({"weight": 3}, {"bias": torch.zeros(3)}, [1]):
        torch.save(content, path)
        assert published_shape(str(path)) is None


def test_nothing_of_a_file_is_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "written"), "w"))

    path = tmp_path / "evil.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"weight": Evil()}, protocol=2))
    assert published_shape(str(path)) is None
    assert not (tmp_path / "written").exists()
