"""What a method asks for beside the members: which files, which members, and only if it asks."""

from copy import deepcopy
from types import SimpleNamespace

from tests.helpers.configs import CONFIG, called_with, study
from unlearning.planning.resources import Needs
from unlearning.provenance import lineage, trace
from unlearning.study import design, needs, settings

ASKING = study("digits_needs.yaml")
PATTERNS = {
    "early_weights": ["{study}/{chunk}.early"],
    "oracle_outputs": ["{study}/{forget_set}/{oracles}.npy", "{study}/{forget_set}/{oracles}.json"],
    "datamodels": ["{study}/{forget_set}"],
}


class Wildcards(SimpleNamespace):
    def items(self):
        return vars(self).items()


def job_of(config, method):
    run, _ = next(iter(design.trajectories(config["methods"][method]).items()))
    return Wildcards(study="s", method=method, trajectory=run, forget_set="5", chunk="0-99")


def job(method):
    return Wildcards(study="s", method=method, trajectory="t", forget_set="5", chunk="0-99")


def test_a_job_reads_what_its_method_asks_for_and_no_more():
    found = {name: needs.files(ASKING, job(name), PATTERNS) for name in ASKING["methods"]}
    assert found == {
        "ga": {},
        "gda": {},
        "scrub": {},
        "rewind": {"early_weights": ["s/0-99.early"]},
        "oracle_matching": {"oracle_outputs": ["s/5/200-209.npy", "s/5/200-209.json"]},
        "datamodel_direct": {"datamodels": ["s/5"]},
        "datamodel_matching": {"datamodels": ["s/5"]},
    }


def test_a_file_of_a_users_own_is_an_input_whatever_it_is_called():
    config = deepcopy(ASKING)
    config["needs"]["files"] = {"weights": "my/teacher.pt", "get": "state.pt", "unasked": "x"}
    config["methods"]["ga"]["needs"] = ["weights", "get"]
    found = needs.files(config, job("ga"), PATTERNS)
    assert found == {"file_get": ["state.pt"], "file_weights": ["my/teacher.pt"]}
    assert {needs.input_name(need) for need in needs.of_method(config, "ga")} == found.keys()
    told = {"get": {"input": "file_get"}, "weights": {"input": "file_weights"}}
    assert needs.settings(config, "ga") == {"needs": told}
    assert Needs(config).memory("unlearn", job_of(config, "ga")) > 0


def test_oracles_are_numbered_after_all_that_anything_is_scored_against():
    further = set(design.chunk_members(needs.output_chunk(ASKING)))
    scored = [*design.reference_chunks(ASKING), *design.floor_chunks(ASKING)]
    assert len(further) == 10
    assert not further & {member for chunk in scored for member in design.chunk_members(chunk)}


def test_what_a_job_is_told():
    runs = {name: called_with(ASKING, name, *first(name)) for name in ASKING["methods"]}
    assert "needs" not in runs["ga"]
    assert runs["oracle_matching"]["needs"] == {"oracle_outputs": {"members": [*range(200, 210)]}}
    told = runs["rewind"]["needs"]["early_weights"]
    assert told == {"epochs": [6, 12, 18], "training": ASKING["training"]}
    models = 1000 * 24 * 674
    assert runs["datamodel_direct"]["needs"]["datamodels"] == {"sample_gradients": models}
    assert settings.pretrained_settings(ASKING)["early_epochs"] == [6, 12, 18]


def first(method):
    return next(iter(design.trajectories(ASKING["methods"][method]))), "5"


def test_named_epochs_are_kept_before_a_method_asks_so_that_the_first_trains_nothing_again():
    assert settings.pretrained_settings(CONFIG) == settings.training_settings(CONFIG)
    assert needs.early_files(CONFIG, "early") == []
    named = {**CONFIG, "needs": {**CONFIG["needs"], "early_epochs": [12, 6]}}
    asking = {**named, "methods": {**named["methods"], "rewind": ASKING["methods"]["rewind"]}}
    assert settings.pretrained_settings(named) == settings.pretrained_settings(asking)
    assert needs.early_files(named, "early") == ["early"]
    assert needs.early_epochs(named) == [6, 12]


def test_where_no_method_asks_nothing_else_changes():
    kept = {**CONFIG, "needs": {"early_epochs": [3], "oracles": 4}}
    assert trace.config_digest(kept) == trace.config_digest(CONFIG)
    before = {key: value for key, value in CONFIG.items() if key != "needs"}
    assert trace.config_digest(before) == trace.config_digest(CONFIG)
    other = {**ASKING, "needs": {**ASKING["needs"], "oracles": 4}}
    assert trace.config_digest(other) != trace.config_digest(ASKING)
    chunk = Wildcards(chunk="0-99")
    assert "early" not in Needs(CONFIG).outputs("train_pretrained", chunk)
    assert "early" in Needs(ASKING).outputs("train_pretrained", chunk)


def test_what_stands_behind_a_figure_has_the_oracles_and_the_datamodels_of_its_methods():
    behind = {job.rule for job in lineage.jobs_behind(ASKING, "fig1")}
    assert {"train_oracle_outputs", "unlearn"} <= behind
    code = lineage.code_behind(ASKING, "fig6")
    assert {"fit_validation_datamodels", "add_datamodels", "train_oracle_outputs"} <= code.keys()
    assert "train_oracle_outputs" not in lineage.code_behind(CONFIG, "fig6")
