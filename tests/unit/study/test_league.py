"""Which methods a league is of, who is told the answer, and which forget sets share points."""

import json

import pytest

from tests.helpers.configs import edited, study
from unlearning.study import league, needs, settings

METHODS = ["ga", "gda", "scrub"]


def test_a_league_is_of_all_methods_with_a_run():
    assert league.league_methods(study()) == ["ga", "gda", "scrub"]
    config = edited(["methods", "ga", "sweep", "learning_rate"], [0.0])
    assert league.league_methods(config) == ["gda", "scrub"]


def test_without_a_run_or_a_stopped_retraining_there_is_none():
    config = edited(["methods", "ga", "sweep", "learning_rate"], [0.0])
    config["run"]["methods"] = ["ga"]
    with pytest.raises(ValueError, match="league: none of the methods ga has a run in its grid"):
        league.league_methods(config)
    with pytest.raises(ValueError, match="league: oracle_stopped_epochs is empty"):
        league.league_methods(edited(["oracle_stopped_epochs"], []))


def test_who_is_given_outputs_of_oracles_is_told_the_answer():
    config = study()
    assert needs.told(config, METHODS) == []
    config["methods"]["gda"]["needs"] = ["early_weights", "oracle_outputs"]
    config["methods"]["scrub"]["needs"] = ["datamodels"]
    assert needs.told(config, METHODS) == ["gda"]
    assert settings.figure_options(config, "fig6")["told"] == ["gda"]


def test_a_record_says_what_a_method_was_given_and_not_where_its_file_lies():
    config = study()
    config["methods"]["ga"] |= {"needs": ["oracle_outputs"], "file": "../somewhere/mine.py"}
    stanza = league.stanzas(config)["ga"]
    members = stanza["needs"]["oracle_outputs"]["members"]
    assert len(members) == config["needs"]["oracles"] and stanza["file"] == "mine.py"
    assert "needs" not in league.stanzas(config)["gda"]


def test_sets_of_one_component_share_points():
    found = league.chains(study())
    assert found[:3] == ["set 1", "set 2", "set 3"]
    assert found[3:] == ["component 1"] * 3 + ["component 2"] * 3


def test_facts_and_stanzas_are_of_the_config():
    found = league.facts(study())
    assert found["members"] == 100 and found["model"] == {"name": "mlp", "hidden": 128}
    assert set(league.stanzas(study())) == {"ga", "gda", "scrub"}


def test_an_infinite_hyperparameter_is_spelled_as_in_yaml():
    found = league.stanzas(study("digits_league.yaml"))
    assert found["ssd"]["controls"] == [{"selection": [".inf"]}]
    json.dumps(found, allow_nan=False)
