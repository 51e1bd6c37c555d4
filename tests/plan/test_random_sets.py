"""Lemma 1 needs the random forget sets of a study, and nothing else of it."""

import yaml
from snakemake.iocontainers import Wildcards

from tests.helpers.plans import counts, dry_run
from tests.helpers.study import ROOT
from unlearning.study import design, inputs, settings, targets


def test_random_sets_plans_only_what_random_sets_need(tmp_path):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    runs = sum(len(design.trajectories(method)) for method in config["methods"].values())
    assert targets.random_forget_sets(config) == ["1", "2", "3"]
    assert counts(tmp_path, "random_sets") == {
        "prepare_data": 1,
        "select_forget_set": 3,
        "train_pretrained": len(design.pretrained_chunks(config)),
        "train_oracle": 3 * len(design.reference_chunks(config)),
        "unlearn": 3 * runs * len(design.pretrained_chunks(config)),
        "compare_accuracies": 3,
        "draw_random_sets": 1,
        "random_sets": 1,
    }


def test_files_and_runs_are_in_one_order():
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config["ensemble"]["chunk"] = 50
    pattern = "{method}/{trajectory}/{forget_set}/{chunk}"
    files = inputs.compared_files(config, pattern, Wildcards(fromdict={"forget_set": "2"}))
    assert files == [
        f"{run['method']}/{run['name']}/2/{chunk}"
        for run in settings.compared_runs(config, "2")
        for chunk in ("0-49", "50-99")
    ]


def test_a_study_without_random_sets_says_so_and_plans_the_rest(tmp_path):
    overlay = tmp_path / "components.yaml"
    overlay.write_text("run: {forget_sets: ['4', '8'], methods: [ga]}\n")
    done = dry_run(tmp_path, "random_sets", "--configfile", overlay)
    assert done.returncode != 0
    assert "run.forget_sets: none of 4, 8 is of kind random" in done.stdout + done.stderr
    assert counts(tmp_path, "scores", "--configfile", overlay)["score_method"] == 2


def test_the_lemma_is_not_measured_on_a_set_that_is_not_random(tmp_path):
    done = dry_run(tmp_path, "results/digits/random_sets/4.csv")
    assert done.returncode != 0
    assert "forget_sets.4: is of kind top" in done.stdout + done.stderr
