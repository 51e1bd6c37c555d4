"""What a method asks for and cannot be given stops before any job, in one sentence."""

from copy import deepcopy

import pytest

from tests.helpers.configs import study
from unlearning.study import config as studies
from unlearning.study import config_needs
from unlearning.study.method_files import Hyperparameter, method_signature

ASKING = study("digits_needs.yaml")
BAD = {
    "a need that does not exist": (
        ("methods", "rewind", "needs"),
        ["early_weights", "teacher"],
        r"methods\.rewind\.needs: 'teacher' is nothing that a study has.*early_weights",
    ),
    "a need that the method does not take": (
        ("methods", "rewind", "needs"),
        ["early_weights", "datamodels"],
        r"methods\.rewind\.needs: unlearn of rewind takes no keyword-only argument datamodels",
    ),
    "an argument that is not asked for": (
        ("methods", "rewind", "needs"),
        None,
        r"methods\.rewind\.needs: unlearn of rewind takes early_weights.*needs: \[early_weights\]",
    ),
    "a value for what is given": (
        ("methods", "datamodel_direct", "fixed"),
        {"datamodels": 3},
        r"methods\.datamodel_direct: datamodels is not a hyperparameter of datamodel_direct",
    ),
    "no early epoch": (
        ("needs", "early_epochs"),
        [],
        r"methods\.rewind\.needs: early_weights .*needs\.early_epochs names no epoch",
    ),
    "an epoch that is not kept": (
        ("methods", "rewind", "sweep", "rewind_to"),
        [6, 7],
        r"methods\.rewind\.rewind_to: .* goes back to epoch 7, .*keeps .* 6, 12, 18, 24",
    ),
    "nothing done from an earlier epoch": (
        ("methods", "rewind", "controls"),
        [{"rewind_to": [6], "learning_rate": [0.0]}],
        r"rewind_to: .*learning rate 0, which does nothing only from the end.*rewind_to to 24",
    ),
    "the end kept on the way": (
        ("needs", "early_epochs"),
        [6, 12, 18, 24],
        r"needs\.early_epochs: 24 is not before the last epoch, 24",
    ),
    "a file that is not there": (
        ("needs", "files"),
        {"teacher": "nowhere.pt"},
        r"methods\.rewind\.needs: teacher is needs\.files\.teacher, and nowhere\.pt is not a file",
    ),
    "a file of a name that is taken": (
        ("needs", "files"),
        {"datamodels": "mine.npy"},
        r"needs\.files: 'datamodels' is no name for a file",
    ),
    "a file of no argument's name": (
        ("needs", "files"),
        {"my file": "mine.npy"},
        r"needs\.files: 'my file' is no name for a file",
    ),
    "no oracles": (("needs", "oracles"), 0, r"needs\.oracles: 0 is less than the minimum of 1"),
    "a word": (("methods", "rewind", "sweep", "schedule"), ["cosine"], r"schedule: 'cosine' is"),
    "no control": (
        ("methods", "datamodel_direct", "controls"),
        [],
        r"methods\.datamodel_direct\.controls: add \{strength: \[0\]\}",
    ),
    "less than nothing": (
        ("methods", "datamodel_direct", "sweep", "strength"),
        [-1.0],
        r"methods\.datamodel_direct\.strength: -1\.0 must be a number >= 0",
    ),
}


@pytest.mark.parametrize(("path", "value", "sentence"), BAD.values(), ids=BAD)
def test_a_bad_need_is_one_sentence(path, value, sentence, monkeypatch):
    config = deepcopy(ASKING)
    *parents, last = path
    place = config
    for key in parents:
        place = place[key]
    place[last] = value
    if path == ("needs", "files"):
        config["methods"]["rewind"]["needs"] = ["early_weights", *value]
        signature = method_signature("rewind")
        taken = {**signature.hyperparameters, "teacher": Hyperparameter("str", False)}
        fake = signature._replace(hyperparameters=taken)
        real = {name: method_signature(name) for name in config["methods"]} | {"rewind": fake}
        monkeypatch.setattr(config_needs, "method_signature", lambda name, file: real[name])
    with pytest.raises(ValueError, match=sentence) as refused:
        studies.check(config)
    assert "\n" not in str(refused.value)


def test_the_study_itself_is_accepted():
    studies.check(deepcopy(ASKING))


def test_published_datamodels_have_none_of_validation_points(tmp_path):
    config = deepcopy(ASKING)
    file = tmp_path / "weights.pt"
    file.touch()
    config["datamodels"]["file"] = str(file)
    with pytest.raises(ValueError, match=r"needs: datamodels needs those of validation points too"):
        studies.check(config)


@pytest.mark.parametrize("method", ["rewind", "oracle_matching"])
def test_published_ensembles_give_neither_early_weights_nor_logits(method):
    config = study("cifar10.yaml", "easydub.yaml")
    config["published"]["revision"] = "0" * 40
    config["methods"][method] = deepcopy(ASKING["methods"][method])
    config["methods"][method]["controls"].append({"batch_norm": ["frozen"]})
    config["needs"]["early_epochs"] = [6, 12, 18]
    studies.drop_absent(config)
    with pytest.raises(ValueError, match=rf"{method}\.needs: \w+ needs source: train; easydub has"):
        studies.check(config)
