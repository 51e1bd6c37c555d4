"""What takes scores apart needs them all, and says beforehand where it cannot."""

import pytest
import yaml

from tests.helpers.configs import study
from tests.helpers.plans import counts, dry_run
from tests.helpers.study import ROOT
from unlearning.study.runs import runs

RESNET9 = ROOT / "studies" / "digits_resnet9.yaml"


def test_controls_plan_every_score_and_two_figures(tmp_path):
    config = study("digits_resnet9.yaml")
    sets, methods = config["run"]["forget_sets"], config["run"]["methods"]
    every = sum(len(runs(config, method, name)) for method in methods for name in sets)
    chunks = config["ensemble"]["members"] // config["ensemble"]["chunk"]
    plan = counts(tmp_path, "controls", "--configfile", RESNET9)
    assert plan["unlearn"] == every * chunks
    assert plan["score_method"] == len(sets) * len(methods)
    drawn = ("tabulate_controls", "draw_controls", "draw_protocols")
    assert [plan[rule] for rule in drawn] == [1, 1, 1]
    assert "draw_figure" not in plan
    # Truncated runs are those of the one set that is large enough.
    cut = {name: [run for run in runs(config, "ga", name) if "first" in run] for name in sets}
    assert {name: len(found) for name, found in cut.items()} == {"1": 0, "5": 0, "6": 2}


BAD = {
    "no drift": ({}, "controls: model mlp has no BatchNorm"),
    "no words": (
        {"methods": {"scrub": {"fixed": {"student": "thawed"}}}},
        "methods.scrub.student: 'thawed' is unknown; allowed are trained, frozen",
    ),
    "no bite": (
        {"methods": {"ga": {"fixed": {"forget_limit": 100}}}},
        "methods.ga: trajectory lr0.01 has forget_limit 100, and no forget set has more points",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_said_is_one_sentence_before_any_job(case, tmp_path):
    overlay, sentence = BAD[case]
    (tmp_path / "overlay.yaml").write_text(yaml.safe_dump(overlay))
    done = dry_run(tmp_path, "controls", "--configfile", tmp_path / "overlay.yaml")
    assert done.returncode != 0
    assert sentence in done.stdout + done.stderr
    assert "Job stats" not in done.stdout
