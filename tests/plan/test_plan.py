"""The DAG of the shipped studies, without running any of it."""

import pytest
import yaml
from snakemake.utils import update_config

from tests.helpers.plans import counts, dry_run
from tests.helpers.study import ROOT
from unlearning.study import design
from unlearning.study.runs import runs


@pytest.mark.parametrize("study", [None, "digits_resnet9", "cifar10", "fashion_mnist", "living17"])
def test_a_study_plans_what_its_config_says(tmp_path, study):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    overlay = []
    if study:
        overlay = ["--configfile", ROOT / "studies" / f"{study}.yaml"]
        update_config(config, yaml.safe_load(overlay[1].read_text()))
    sets, methods = len(config["run"]["forget_sets"]), config["run"]["methods"]
    chunks = len(design.pretrained_chunks(config))
    names = config["run"]["forget_sets"]
    unlearned = sum(len(runs(config, method, name)) for method in methods for name in names)
    plan = counts(tmp_path, *overlay)
    assert plan["train_pretrained"] == chunks
    assert plan["train_oracle"] == sets * (chunks + len(design.floor_chunks(config)))
    cut = any("component" in config["forget_sets"][name] for name in config["run"]["forget_sets"])
    models = len(design.datamodel_chunks(config)) if cut else 0
    assert plan.get("train_datamodels", 0) == models
    assert plan["unlearn"] == unlearned * chunks
    assert plan["score_method"] == sets * len(methods)
    assert plan["score_baselines"] == plan["select_forget_set"] == sets
    assert plan["draw_figure"] == 5


def test_fig5_needs_only_its_three_sets_and_two_methods(tmp_path):
    plan = counts(tmp_path, "fig5")
    assert plan["train_oracle"] == 6
    assert plan["score_method"] == 6
    assert "collect_scores" not in plan
    assert plan["draw_figure"] == 1


def test_fig2_of_random_points_trains_no_datamodels(tmp_path):
    plan = counts(tmp_path, "fig2")
    assert "train_datamodels" not in plan
    assert plan["train_oracle"] == 2


def test_the_theory_needs_no_data_and_no_network(tmp_path):
    plan = counts(tmp_path, "theory")
    assert plan.pop("draw_theory") == 4
    steps = ("check_statements", "tabulate_ranges", "run_logistic", "run_toy", "measure_escapes")
    assert plan == dict.fromkeys((*steps, "theory"), 1)
    assert counts(tmp_path, "fig3") == {"tabulate_ranges": 1, "draw_theory": 1, "fig3": 1}
    assert counts(tmp_path, "fig4") == {"run_toy": 1, "draw_theory": 1, "fig4": 1}


def test_a_bad_config_stops_before_any_job(tmp_path):
    overlay = tmp_path / "bad.yaml"
    overlay.write_text("ensemble: {chunk: 33}\n")
    done = dry_run(tmp_path, "--configfile", overlay)
    assert done.returncode != 0
    printed = done.stdout + done.stderr
    assert "config: ensemble.chunk: 33 does not divide ensemble.members" in printed
    assert "Traceback" not in printed
    assert not (tmp_path / "results").exists()


def test_a_file_of_indices_is_an_input(tmp_path):
    indices = tmp_path / "mine.txt"
    indices.write_text("3\n5\n")
    overlay = tmp_path / "study.yaml"
    overlay.write_text(
        f"forget_sets: {{mine: {{kind: indices, file: '{indices}'}}}}\n"
        "run: {forget_sets: [mine], methods: [ga]}\n"
    )
    done = dry_run(tmp_path, "scores", "--configfile", overlay)
    assert done.returncode == 0, done.stdout
    assert str(indices) in done.stdout


def test_numbers_in_braces_and_whole_floats_plan_the_same_study(tmp_path):
    overlay = tmp_path / "study.yaml"
    overlay.write_text("ensemble: {members: 20, floor_members: 20, chunk: 10}\nseed: 1000\n")
    plain = counts(tmp_path, "scores", "--configfile", overlay)
    assert plain["train_pretrained"] == 2
    overlay.write_text("ensemble: {members: 2.0e+1, floor_members: 20.0, chunk: 10}\n")
    assert counts(tmp_path, "scores", "--configfile", overlay) == plain
    given = "ensemble={members: 20, floor_members: 2e1, chunk: 10}"
    assert counts(tmp_path, "scores", "--config", given, "seed=1e3") == plain


def test_every_name_that_the_schema_allows_is_planned(tmp_path):
    names = ["a+b", "a.b", "a-b", "a", "A", "1e3", "0.5", "a++", "null", "n" * 19, "ab" * 49 + "c"]
    overlay = tmp_path / "study.yaml"
    sets = {name: {"kind": "random", "size": 3, "seed": 0} for name in names}
    lists = {"forget_sets": names, "methods": ["ga"]}
    figures = {figure: lists for figure in ("fig1", "fig2", "fig5", "fig6", "fig7")}
    overlay.write_text(yaml.safe_dump({"forget_sets": sets, "run": lists, "figures": figures}))
    plan = counts(tmp_path, "--configfile", overlay)
    assert plan["select_forget_set"] == plan["score_method"] == len(names)
    assert counts(tmp_path, "fig7", "--configfile", overlay)["select_forget_set"] == len(names)


def test_every_rule_with_a_script_declares_code_log_and_environment():
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        for rule in path.read_text().split("\nrule ")[1:]:
            if "script:" in rule:
                for directive in ("code=", "log:", "conda:"):
                    assert directive in rule, f"{path.name}: {rule.split(':')[0]} lacks {directive}"
