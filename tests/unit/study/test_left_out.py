"""A user's method that cannot be run is left out in one sentence; all else of a study is judged."""

from copy import deepcopy

import pytest

from tests.helpers.code import forget
from tests.helpers.configs import CONFIG
from unlearning.study import config as studies
from unlearning.study import needs
from unlearning.study.left_out import broken, chosen, leave_out, runnable

STANZA = {
    "file": "mine.py",
    "sweep": {"learning_rate": [0.1]},
    "snapshots": {"epochs": [1]},
    "fixed": {"batch_size": 64},
    "controls": [{"learning_rate": [0.0]}],
}
GOOD = "\n\ndef unlearn(net, retain_loader, *, learning_rate: float{}, epochs):\n    yield 1\n"
BAD = {
    "no file": (None, {}, ".file: mine.py is not a file"),
    "no unlearn": ("x = 1\n", {}, ": mine.py defines no function unlearn"),
    "both forms": (
        GOOD.format("").replace("net,", "net, learner,"),
        {},
        ": mine.py, line 3: unlearn takes",
    ),
    "not Python": ("\ndef unlearn(:\n", {}, ": mine.py, line 2: invalid syntax"),
    "a need of no study": (GOOD.format(""), {"needs": ["moonlight"]}, ".needs: 'moonlight' is"),
    "a need that it does not take": (
        GOOD.format(""),
        {"needs": ["oracle_outputs"]},
        ".needs: mine.py, line 3: unlearn of mine takes no keyword-only argument oracle_outputs",
    ),
    "a need that is not asked for": (
        GOOD.format(", datamodels"),
        {},
        ".needs: mine.py, line 3: unlearn of mine takes datamodels, which",
    ),
    "a missing hyperparameter": (
        GOOD.format(", gamma"),
        {},
        ": mine.py, line 3: gamma is missing from sweep",
    ),
    "one too many": (
        GOOD.format(""),
        {"fixed": {"batch_size": 64, "gamma": 1}},
        ": mine.py, line 3: gamma is not a hyperparameter of mine",
    ),
}


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Return a function that makes the default study with a method in mine.py beside its own."""
    monkeypatch.chdir(tmp_path)
    forget()

    def build(text, **changes):
        if text is not None:
            (tmp_path / "mine.py").write_text(text)
        config = deepcopy(CONFIG)
        config["methods"]["mine"] = {**deepcopy(STANZA), **changes}
        config["run"]["methods"] = ["mine", "ga"]
        config["figures"]["fig6"] = {"methods": ["ga", "mine"]}
        return config

    yield build
    forget()


@pytest.mark.parametrize("case", BAD)
def test_it_is_left_out_in_one_sentence_and_the_rest_is_a_study(study, case):
    text, changes, said = BAD[case]
    config = study(text, **changes)
    sentences = broken(config)
    assert list(sentences) == ["mine"] and "\n" not in sentences["mine"]
    assert sentences["mine"].startswith(f"config: methods.mine{said}"), sentences
    assert leave_out(config, sentences) == ["mine"]
    assert config["run"]["methods"] == config["figures"]["fig6"]["methods"] == ["ga"]
    assert config["figures"]["fig7"] == CONFIG["figures"]["fig7"]
    assert runnable(config, sentences) == list(CONFIG["methods"])
    studies.check(config, sentences)
    with pytest.raises(ValueError, match=r"config: methods\.mine"):
        studies.check(config)


def test_what_is_right_or_not_of_a_users_file_leaves_nothing_out(study):
    assert broken(study(GOOD.format(""))) == {}
    config = study(GOOD.format(""))
    config["methods"]["ga"]["fixed"]["gamma"] = 1  # of this repository: the study is wrong
    assert broken(config) == {}
    with pytest.raises(ValueError, match=r"methods\.ga: gamma is not a hyperparameter"):
        studies.check(config)


def test_what_pretrained_members_keep_for_it_does_not_change(study):
    config = study(GOOD.format(", early_weights"), needs=["early_weights"], fixed={})
    config["needs"]["early_epochs"] = [6]
    sentences = broken(config)
    assert "batch_size is missing" in sentences["mine"]
    leave_out(config, sentences)
    assert needs.early_epochs(config) == [6]


def test_a_grid_that_is_none_goes_as_a_whole(study):
    config = study(GOOD.format(""), controls=[{"learning_rate": [0.1]}])
    sentences = broken(config)
    assert "defined twice" in sentences["mine"]
    leave_out(config, sentences)
    assert "mine" not in config["methods"]


@pytest.mark.parametrize("place", [("run",), ("figures", "fig6"), ("influence",)])
def test_where_nothing_is_left_the_sentence_stops_the_study(study, place):
    config = study("")
    section = config
    for key in place:
        section = section[key]
    section |= {"method": "mine"} if place == ("influence",) else {"methods": ["mine"]}
    with pytest.raises(ValueError, match="mine.py defines no function unlearn"):
        leave_out(config, broken(config))


def test_a_method_that_nobody_asked_for_is_told_and_missed_nowhere(study):
    config = study("")
    config["run"]["methods"], config["figures"]["fig6"] = ["ga"], {}
    assert leave_out(config, broken(config)) == []


@pytest.mark.parametrize("given", ["mine", ["mine"], "mine, gda", ["mine", "gda"]])
def test_what_a_study_is_told_to_leave_out_is_missed_nowhere(study, given):
    config = study(GOOD.format(""))
    config["leave_out"] = given
    names = chosen(config)
    assert names == (["mine", "gda"] if "gda" in given else ["mine"])
    assert leave_out(config, {}, names) == []
    assert config["run"]["methods"] == config["figures"]["fig6"]["methods"] == ["ga"]
    assert (config["influence"] is None) == ("gda" in names), "it is asked of gda"
    assert runnable(config, names) == [name for name in CONFIG["methods"] if name not in names]
    studies.check(config, names)


def test_a_name_that_is_no_method_or_leaves_none_is_refused(study):
    config = study(GOOD.format(""))
    config["leave_out"] = "mime"
    with pytest.raises(ValueError, match=r"config: leave_out: 'mime' is no method of the study; a"):
        chosen(config)
    with pytest.raises(ValueError, match=r"without ga no method is left of figures\.fig2\.methods"):
        leave_out(config, {}, ["ga"])
    assert chosen(study(None)) == []
