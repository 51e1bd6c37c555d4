"""A wrong config stops with one sentence that names the key and what is allowed."""

from copy import deepcopy

import pytest

from tests.helpers.configs import CONFIG, edited
from unlearning.study import config as studies
from unlearning.study.config_methods import method_complaints, method_parameters

BAD = {
    "unknown key": (["studdy"], "x", r"'studdy' was unexpected.*allowed are"),
    "misspelt nested key": (["training", "epoch"], 3, r"training: .*'epoch'.*epochs"),
    "missing key": (["training", "epochs"], None, r"training: 'epochs' is a required"),
    "wrong type": (["seed"], "zero", r"seed: 'zero' is not of type 'integer'"),
    "number in quotes": (["ensemble", "members"], "20", r"members: '20' .*; leave out quotes"),
    "forget sets without names": (["forget_sets"], [], r"forget_sets: \[\] is not of type"),
    "forget set in a word": (["forget_sets", "4"], "top", r"forget_sets\.4: 'top' is not of type"),
    "number read as text": (["training", "weight_decay"], "1e-4", r"weight_decay.*write 1\.0e-4"),
    "rate read as text": (
        ["methods", "ga", "sweep", "learning_rate"],
        ["1e-4"],
        r"methods\.ga\.learning_rate: '1e-4'.*1\.0e-4",
    ),
    "chunk": (["ensemble", "chunk"], 33, r"ensemble\.chunk: 33 does not divide"),
    "datamodel chunk": (["datamodels", "chunk"], 300, r"datamodels\.chunk: 300 does not divide"),
    "stacks of a layout": (
        ["computing", "strategy"],
        "batched",
        r"computing\.members_per_stack: strategy batched needs a number",
    ),
    "stacks that are measured": (
        ["computing"],
        {**CONFIG["computing"], "strategy": "measured", "members_per_stack": 4},
        r"members_per_stack: strategy measured finds it itself",
    ),
    "compiled side by side": (
        ["computing"],
        {
            **CONFIG["computing"],
            "strategy": "side_by_side",
            "members_per_stack": 4,
            "compile": True,
        },
        r"computing\.compile: members side by side are not compiled",
    ),
    "where data are loaded": (
        ["load_data_on"],
        "nodes",
        r"load_data_on: 'nodes' is not one of \['login', 'node'\]",
    ),
    "precision": (["computing", "precision"], "fp8", r"'fp8' is not one of \['float32', 'tf32'"),
    "floor": (["ensemble", "floor_members"], 200, r"floor_members: 200 is more than"),
    "forget set too large": (
        ["forget_sets", "1", "size"],
        1347,
        r"forget_sets\.1\.size: 1347 leaves nothing to retain",
    ),
    "odd ends": (["forget_sets", "6", "size"], 11, r"forget_sets\.6\.size: 11 must be even"),
    "component": (["forget_sets", "7", "component"], 3, r"component: 3 is not computed"),
    "kind": (["forget_sets", "7", "kind"], "best", r"forget_sets\.7\.kind: 'best' is not one of"),
    "keys of a kind": (["forget_sets", "1", "seed"], None, r"random takes exactly \['seed', 'size"),
    "published data": (
        ["source"],
        "easydub",
        r"published\.revision: must be the commit of easydub",
    ),
    "published set without source": (
        ["forget_sets", "1"],
        {"kind": "published", "number": 1, "size": 10},
        r"forget_sets\.1: kind published needs source: easydub or klom_models",
    ),
    "equal parts": (
        ["dataset"],
        {**CONFIG["dataset"], "name": "living17", "train": 100},
        r"dataset\.train: 100 must be a multiple of 68",
    ),
    "channels": (
        ["dataset", "normalisation"],
        {"mean": [0.5] * 3, "std": [0.5] * 3},
        r"normalisation\.mean: 3 numbers for images of 1 channels",
    ),
    "table1 of other data": (["table1"], ["1"], r"table1: must be \[\] for digits"),
    "table1 of an unknown set": (["table1"], ["x"], r"table1\.forget_sets: 'x' is not defined"),
    "index file": (
        ["forget_sets", "mine"],
        {"kind": "indices", "file": "no/such/file.npy"},
        r"forget_sets\.mine\.file: no/such/file\.npy is not a file",
    ),
    "name that repeats itself": (
        ["forget_sets", "ab" * 20],
        {"kind": "random", "size": 3, "seed": 0},
        r"forget_sets\.(ab){20}: ends in one text twenty times over",
    ),
    "more of a class than there is": (
        ["forget_sets", "mine"],
        {"kind": "class", "label": 3, "size": 184, "seed": 0},
        r"forget_sets\.mine\.size: 184 is more than a class of digits has .* 183 at most",
    ),
    "name that ends in a line break": (
        ["forget_sets", "a\n"],
        {"kind": "random", "size": 3, "seed": 0},
        r"forget_sets: 'a\\n' does not match",
    ),
    "study that repeats itself": (["study"], "a" * 20, r"study: a{20}: ends in one text twenty"),
    "study with a long name": (["study"], "ab" * 60, r"study: .* is too long"),
    "number for a name": (["study"], 2024, r"study: 2024 is not of type 'string'; .*in quotes"),
    "name of a forget set": (
        ["forget_sets", "a_b/c"],
        {"kind": "random", "size": 3, "seed": 0},
        r"forget_sets: 'a_b/c' does not match; write letters, digits, dots, \+ and -",
    ),
    "unknown forget set": (
        ["run", "forget_sets"],
        ["10"],
        r"run\.forget_sets: '10' is not defined",
    ),
    "unknown method": (["run", "methods"], ["gaa"], r"run\.methods: 'gaa' .*ga, gda, scrub"),
    "figure": (["figures", "fig1", "forget_sets"], ["x"], r"figures\.fig1\.forget_sets: 'x'"),
    "method without a file": (
        ["methods", "mine"],
        CONFIG["methods"]["ga"],
        r"methods\.mine: there is no file unlearning/methods/mine\.py",
    ),
    "unknown hyperparameter": (
        ["methods", "ga", "fixed", "student"],
        "frozen",
        r"methods\.ga: student is not a hyperparameter.*batch_norm, .*momentum",
    ),
    "missing hyperparameter": (
        ["methods", "ga", "fixed", "batch_size"],
        None,
        r"methods\.ga: batch_size is missing",
    ),
    "no control": (["methods", "ga", "controls"], [], r"add \{learning_rate: \[0\.0\]\}"),
    "control twice": (
        ["methods", "ga", "controls"],
        [{"learning_rate": [0.0]}, {"learning_rate": [0.0]}],
        r"lr0 is defined twice",
    ),
    "control of nothing": (
        ["methods", "ga", "controls"],
        [{"lr": [0.0]}],
        r"methods\.ga\.controls: lr is not one of",
    ),
    "batch norm": (
        ["methods", "ga", "fixed", "batch_norm"],
        "off",
        r"batch_norm: 'off' is unknown; allowed are train, frozen",
    ),
    **{
        f"condition {name} {value}": (
            ["methods", "scrub", "controls", 0, name],
            [value],
            rf"methods\.scrub.*{name}.*{message}",
        )
        for name, value, message in [
            ("student", "thawed", "'thawed' is unknown; allowed are trained, frozen"),
            ("order", "random", "'random' is unknown; allowed are shuffled, index"),
            ("momentum", 1.0, r"1\.0 must be a number >= 0 and < 1"),
            ("momentum", "heavy", "'heavy' must be a number"),
            ("weight_decay", -0.1, r"-0\.1 must be a number >= 0"),
            ("forget_limit", 0, "0 must be null or a whole number >= 1"),
            ("forget_limit", 2.5, r"2\.5 is not of type 'integer', 'null'"),
            ("forget_limit", 100, "100, and no forget set has more points"),
        ]
    },
    "null for another hyperparameter": (
        ["methods", "ga", "sweep", "learning_rate"],
        [None],
        r"learning_rate\.0: None is not of type 'number', 'string'",
    ),
    "images too small": (["model"], "resnet9", r"at least 12 pixels.*these have 8"),
    "padding too small": (["dataset", "pad_to"], 4, r"pad_to: 4 is less than the 8 pixels"),
    "no loader": (["dataset", "name"], "mnist", r"'mnist' has no loader; allowed are.*digits"),
    "no such model": (
        ["model"],
        "vit",
        r"model: 'vit' is unknown; allowed are mlp, ngram, resnet18, resnet9, transformer",
    ),
    "stop after the end": (["oracle_stopped_epochs"], [24], r"24 is not before the last epoch"),
    "penalties": (["datamodels", "penalties"], [0.1, 0.2], r"penalties: must descend"),
    "held out": (["datamodels", "held_out"], 500, r"held_out: twice 500 leaves none"),
    "study name": (["study"], "theory", r"study: "),
    "fig3 sizes": (["theory", "fig3", "forget"], [10, 100], r"forget: 100 leaves nothing.*of 100"),
    "ridge": (["theory", "fig3", "ridge"], 0, r"theory\.fig3\.ridge: 0 is less than"),
    "axes": (
        ["theory", "logistic", "data_sets", "mine"],
        {"retained": [3, 4], "forgotten": [1], "ridge": 1.0},
        r"data_sets\.mine: retained names 2 axes and forgotten 1",
    ),
    "nothing forgotten": (
        ["theory", "logistic", "data_sets", "mine"],
        {"retained": [3], "forgotten": [0], "ridge": 1.0},
        r"data_sets\.mine\.forgotten: must hold a number greater than 0",
    ),
    "correlation": (
        ["theory", "logistic", "data_sets", "always harmful", "epsilon"],
        1.5,
        r"data_sets\.always harmful",
    ),
}


def test_the_default_study_is_valid():
    studies.check(deepcopy(CONFIG))


@pytest.mark.parametrize("case", BAD)
def test_bad_config_is_refused(case):
    path, value, message = BAD[case]
    config = edited(path, value)
    studies.drop_absent(config)
    with pytest.raises(ValueError, match=message):
        studies.check(config)


def test_batch_norm_demands_its_control():
    config = edited(["model"], "resnet9")
    config["dataset"]["pad_to"] = 16
    with pytest.raises(ValueError, match=r"add \{batch_norm: \[frozen\]\}.*drift"):
        studies.check(config)


def test_hyperparameters_are_the_keyword_arguments_of_the_method():
    assert method_parameters("ga") == {
        "learning_rate",
        "batch_size",
        "batch_norm",
        "epochs",
    }


def test_conditions_may_be_left_out_and_belong_to_no_method(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "def unlearn(learner, *, learning_rate, epochs, order=1): 0\n"
    )
    monkeypatch.chdir(tmp_path)
    method = {"file": "mine.py"}
    method |= {"sweep": {"learning_rate": [0.0]}, "snapshots": {"epochs": [1]}}
    method |= {"fixed": {}, "controls": []}
    config = {**CONFIG, "methods": {**CONFIG["methods"], "mine": method}}
    [complaint] = method_complaints("mine", method, config)
    assert complaint.startswith(
        "methods.mine: mine.py, line 1: unlearn takes order as a hyperparameter of its own"
    )
    (tmp_path / "mine.py").write_text("def unlearn(learner, *, learning_rate, epochs, mood=1): 0\n")
    for said in ({}, {"mood": 2, "momentum": 0.9, "forget_limit": 5}):
        stanza = {**method, "fixed": said}
        config = {**CONFIG, "methods": {**CONFIG["methods"], "mine": stanza}}
        assert not list(method_complaints("mine", stanza, config))


@pytest.mark.parametrize(
    ("lines", "message"),
    [("3\n1347\n", "1347"), ("3\n-1\n", "-1"), ("3\n3\n", "3"), ("3\nfour\n", "four|integer")],
    ids=["out of range", "negative", "twice", "not a number"],
)
def test_bad_indices_in_a_file_are_refused_before_any_job(tmp_path, lines, message):
    path = tmp_path / "mine.txt"
    path.write_text(lines)
    config = edited(["forget_sets", "mine"], {"kind": "indices", "file": str(path)})
    with pytest.raises(ValueError, match=rf"forget_sets\.mine\.file: .*({message})"):
        studies.check(config)


def test_a_published_source_must_fit_the_study(tmp_path):
    config = deepcopy(CONFIG)
    config |= {"source": "easydub", "published": {"folder": str(tmp_path), "revision": None}}
    for place, key, value, complaint in (
        ("dataset", "name", "cifar10", "dataset.name: must be cifar10 for easydub"),
        (None, "model", "resnet9", "model: must be resnet9 at width 1.0 for easydub"),
        (None, "oracle_stopped_epochs", [], r"oracle_stopped_epochs: must be \[\] for easydub"),
    ):
        with pytest.raises(ValueError, match=complaint):
            studies.check(config)
        (config[place] if place else config)[key] = value
    for method in config["methods"].values():
        method["controls"].append({"batch_norm": ["frozen"]})
    studies.check(config)
    config["ensemble"] |= {"members": 200, "floor_members": 200}
    with pytest.raises(ValueError, match="400 together, and easydub has at most 200"):
        studies.check(config)


def test_null_takes_a_key_of_a_forget_set_away():
    config = deepcopy(CONFIG)
    config["forget_sets"]["4"] |= {"kind": "random", "seed": 0, "component": None}
    config["forget_sets"]["3"] = {"kind": "class", "label": 1, "size": None, "seed": 0}
    studies.drop_absent(config)
    assert config["forget_sets"]["4"] == {"kind": "random", "size": 10, "seed": 0}
    assert config["forget_sets"]["3"]["size"] is None
    studies.check(config)


def test_a_file_of_indices_takes_the_place_of_a_definition(tmp_path):
    (tmp_path / "mine.txt").write_text("3\n5\n")
    config = deepcopy(CONFIG)
    file = str(tmp_path / "mine.txt")
    config["forget_sets"]["4"] |= {
        "kind": "indices",
        "file": file,
        "component": None,
        "size": None,
    }
    studies.drop_absent(config)
    assert config["forget_sets"]["4"] == {"kind": "indices", "file": file}
    studies.check(config)


def test_null_takes_away_what_has_a_name_of_its_own():
    config = deepcopy(CONFIG)
    config["forget_sets"]["spare"] = config["methods"]["mine"] = None
    config["methods"]["ga"]["fixed"]["momentum"] = None
    config["theory"]["logistic"]["data_sets"]["mine"] = None
    studies.drop_absent(config)
    assert config == CONFIG


@pytest.mark.parametrize("place", [["forget_sets"], ["methods"], ["methods", "ga"], ["theory"]])
def test_null_in_place_of_a_section_is_named(place):
    *above, last = place
    config = deepcopy(CONFIG)
    section = config
    for key in above:
        section = section[key]
    section[last] = None
    studies.drop_absent(config)
    with pytest.raises(ValueError, match=r"None is not of type 'object'|'ga' is not defined"):
        studies.check(config)
