"""Stanzas of the methods of the league: numbers, words and controls of zero strength."""

from copy import deepcopy
from math import inf

import pytest

from tests.helpers.configs import study
from unlearning.study import config as studies
from unlearning.study import design

LEAGUES = (("digits_league.yaml",), ("cifar10.yaml", "cifar10_league.yaml"))


@pytest.mark.parametrize("overlays", LEAGUES)
def test_a_league_is_a_study_of_all_methods_with_their_controls(overlays):
    config = study(*overlays)
    studies.check(config)
    assert set(config["run"]["methods"]) == set(config["methods"]) and len(config["methods"]) >= 11
    for name, method in config["methods"].items():
        kinds = [run.kind for run in design.trajectories(method).values()]
        assert "grid" in kinds, name
        assert {"zero_learning_rate", "zero_strength"} & {*kinds}, name


def test_controls_of_zero_strength_are_no_grid_and_their_names_are_names_of_files():
    methods = study("digits_league.yaml")["methods"]
    kinds = {name: run.kind for name, run in design.trajectories(methods["ssd"]).items()}
    assert kinds["selectioninf"] == "zero_strength"
    assert set(kinds.values()) == {"grid", "zero_strength"}
    for name in kinds:
        assert name.isidentifier()
    share = {"learning_rate": [0.1], "salient_share": [0.0]}
    *_, last = design.trajectories({**methods["salun"], "controls": [share]}).values()
    assert (last.name, last.kind) == ("lr0.1_salientshare0", "zero_strength")


BAD = {
    "infinite weight": ("npo", "fixed", "retain_weight", inf, r"weight: inf is not a finite"),
    "minus infinite selection": ("ssd", "sweep", "selection", [-inf], r"-inf is not a finite"),
    "no number": ("ssd", "sweep", "selection", [float("nan")], r"nan is not a finite"),
    "negative selection": ("ssd", "sweep", "selection", [-1.0], r"selection: -1\.0 must be .*>= 0"),
    "more than all": (
        "salun", "sweep", "salient_share", [1.5],
        r"salient_share: 1\.5 must be a number >= 0 and <= 1",
    ),
    "more than the retain set": (
        "bad_teacher", "fixed", "retain_share", 2, r"retain_share: 2 must be a number >= 0 and <= 1"
    ),
    "nothing to be divided by": ("npo", "sweep", "beta", [0.0], r"beta: 0\.0 must be a number > 0"),
    "a ball of no size": (
        "noisy_descent", "fixed", "radius", 0.0, r"radius: 0\.0 must be a number > 0"
    ),
    "word": (
        "random_labels", "fixed", "labels", "wrong", r"'wrong' is unknown; allowed are fixed, each"
    ),
    "twice": ("ssd", "snapshots", "epochs", [1, 2], r"epochs \[1, 2\], and ssd does what"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_number_is_named(case):
    method, section, parameter, value, message = BAD[case]
    config = study("digits_league.yaml")
    for other in ("sweep", "snapshots", "fixed"):
        config["methods"][method][other].pop(parameter, None)
    config["methods"][method][section][parameter] = value
    with pytest.raises(ValueError, match=message):
        studies.check(config)


def test_a_method_without_learning_rate_needs_its_control_too():
    config = study("digits_league.yaml")
    config["methods"]["ssd"]["controls"] = []
    with pytest.raises(ValueError, match=r"ssd\.controls: add \{selection: \[\.inf\]\}, the run"):
        studies.check(config)
    other = deepcopy(config)
    other["methods"]["ssd"]["sweep"]["selection"] = [3, inf]
    studies.check(other)
    other["methods"]["noisy_descent"]["fixed"]["radius"] = inf
    studies.check(other)
