"""Only jobs whose method asks for more have it as an input, and only then is it made."""

import re

from tests.helpers.plans import counts, dry_run
from tests.helpers.study import ROOT

STUDY = ROOT / "studies" / "digits_needs.yaml"
GIVEN = {"train_oracle_outputs", "fit_validation_datamodels", "add_datamodels"}

FEW = """\
figures: {fig1: {forget_sets: ["1"], methods: [ga, rewind, oracle_matching, datamodel_direct]}}
"""


def test_only_the_jobs_that_ask_have_what_is_asked_for(tmp_path):
    (tmp_path / "few.yaml").write_text(FEW)
    printed = dry_run(tmp_path, "fig1", "--configfile", STUDY, tmp_path / "few.yaml").stdout
    rules = re.findall(r"^(?:local)?rule (\w+):\n +input: (.*)\n +output: (.*)$", printed, re.M)
    asked = {"early": "early.safetensors", "outputs": "given/oracle_outputs/1/200-209.npy"}
    asked["datamodels"] = "given/datamodels/forget_sets/1.npy"
    found = {}
    for rule, inputs, outputs in rules:
        if rule == "unlearn":
            method = outputs.split("/unlearned/")[1].split("/")[0]
            has = frozenset(name for name, end in asked.items() if end in inputs)
            found.setdefault(method, set()).add(has)
    assert found == {
        "ga": {frozenset()},
        "rewind": {frozenset({"early"})},
        "oracle_matching": {frozenset({"outputs"})},
        "datamodel_direct": {frozenset({"datamodels"})},
    }
    (trained,) = (outputs for rule, _, outputs in rules if rule == "train_pretrained")
    assert "0-99.early.safetensors" in trained
    assert {rule for rule, _, _ in rules} >= GIVEN
    assert [rule for rule, _, _ in rules].count("train_oracle_outputs") == 1


def test_the_default_study_makes_nothing_of_it(tmp_path):
    printed = dry_run(tmp_path, "fig1").stdout
    assert "rule unlearn:" in printed
    assert "early" not in printed
    assert "/given/" not in printed
    assert not GIVEN & counts(tmp_path, "all").keys()


def test_a_need_that_the_study_does_not_have_stops_before_any_job(tmp_path):
    (tmp_path / "none.yaml").write_text("needs: {early_epochs: []}\n")
    done = dry_run(tmp_path, "fig1", "--configfile", STUDY, tmp_path / "none.yaml")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "config: methods.rewind.needs: early_weights asks for weights on the way" in said
    assert not (tmp_path / "results").exists()
