"""Change one thing and only what depends on it is planned."""

import os
import shutil
import subprocess

import pytest
import yaml

from tests.helpers.study import copy_repository, planned, snakemake

PAGE = {"write_provenance": 1}
BASELINES = {"score_baselines": 9}
SCORED = {"score_method": 27, "collect_scores": 1, "draw_figure": 5}
RANDOM_SETS = {"compare_accuracies": 3, "draw_random_sets": 1}


def test_a_second_run_does_nothing(finished):
    assert planned(finished) == {}


def test_touching_every_source_plans_nothing(finished):
    for folder in ("unlearning", "workflow"):
        for path in (finished / folder).rglob("*"):
            os.utime(path)
    os.utime(finished / "config.yaml")
    assert planned(finished) == {}


def test_a_fresh_checkout_of_the_same_content_plans_nothing(finished):
    copy_repository(finished)
    assert planned(finished) == {}


def test_a_new_commit_plans_nothing(finished):
    git = ["git", "-C", finished, "-c", "user.name=A", "-c", "user.email=a@example.org"]
    try:
        for arguments in (["init"], ["add", "Snakefile"], ["commit", "-m", "first"]):
            subprocess.run([*git, *arguments], check=True, capture_output=True)
        assert planned(finished) == {}
    finally:
        shutil.rmtree(finished / ".git", ignore_errors=True)


def test_a_study_and_its_repository_may_move_apart(tmp_path):
    """What was made in one place by one clone plans nothing elsewhere by another."""
    here, deeper = tmp_path / "study", tmp_path / "further" / "down" / "study"
    here.mkdir()
    for clone in ("one", "two"):
        (tmp_path / clone).mkdir()
        copy_repository(tmp_path / clone)
    place = ["results/theory/ranges.csv", "--snakefile", tmp_path / "one" / "Snakefile"]
    snakemake(tmp_path, *place, "--directory", here)
    deeper.parent.mkdir(parents=True)
    here.rename(deeper)
    (tmp_path / "one").rename(tmp_path / "elsewhere")
    place = ["results/theory/ranges.csv", "--snakefile", tmp_path / "two" / "Snakefile"]
    assert planned(tmp_path, *place, "--directory", deeper) == {}
    roots = tmp_path / "two" / "unlearning" / "theory" / "roots.py"
    roots.write_text(roots.read_text() + "\n# Edited.\n")
    printed = snakemake(tmp_path, "--dry-run", *place, "--directory", deeper)
    assert "Code has changed since the last run: unlearning/theory/roots.py" in printed
    assert "Updated input files: .snakemake/code/tabulate_ranges/" in printed


def test_the_page_of_one_figure_trains_nothing(finished):
    assert planned(finished, "provenance") == {}
    assert planned(finished, "results/digits/provenance/fig5.html") == PAGE


def test_equal_content_written_otherwise_plans_nothing(finished, tmp_path):
    """Keys in another order, numbers in another form, and an overlay that repeats it all."""
    config = yaml.safe_load((finished / "config.yaml").read_text())

    def turned(value):
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        if isinstance(value, list):
            return [turned(part) for part in value]
        return float(value) if type(value) is int else value

    original = (finished / "config.yaml").read_text()
    try:
        (finished / "config.yaml").write_text(yaml.safe_dump(turned(config), sort_keys=False))
        assert planned(finished) == {}
    finally:
        (finished / "config.yaml").write_text(original)
    (tmp_path / "same.yaml").write_text(yaml.safe_dump(config))
    assert planned(finished, "all", "--configfile", tmp_path / "same.yaml") == {}


def test_what_no_result_depends_on_plans_nothing(finished):
    asked = ["--config", "target=fig5", "gpus=2", "hours=1", "checkpoint_epochs=2"]
    assert planned(finished, "all", *asked) == {}


def test_one_more_learning_rate_plans_its_trajectories_and_what_follows(finished, edit):
    edit("config.yaml", "[1.0e-2, 3.0e-2, 1.0e-1]", "[1.0e-2, 3.0e-2, 6.0e-2, 1.0e-1]")
    expected = {"unlearn": 9, "score_method": 9, "collect_scores": 1, "draw_figure": 5}
    assert planned(finished) == expected | RANDOM_SETS | PAGE


def test_klom_scores_and_draws_again_without_training(finished, edit):
    edit("unlearning/scoring/klom.py", '"""', '"""Edited. ')
    assert planned(finished) == BASELINES | SCORED | PAGE


def test_a_figure_draws_itself_again(finished, edit):
    edit("unlearning/figures/fig5.py", '"""', '"""Edited. ')
    assert planned(finished) == {"draw_figure": 1} | PAGE


def test_a_figure_of_the_theory_draws_itself_again(finished, edit):
    edit("unlearning/figures/fig3.py", '"""', '"""Edited. ')
    assert planned(finished) == {"draw_theory": 1} | PAGE


def test_a_number_of_the_theory_tabulates_and_draws_what_it_enters(finished, edit):
    edit("config.yaml", "retain_ij: 1, ridge: 1.0", "retain_ij: 1, ridge: 2.0")
    assert planned(finished) == {"tabulate_ranges": 1, "draw_theory": 1} | PAGE


def test_a_solver_of_the_theory_trains_and_scores_nothing(finished, edit):
    edit("unlearning/theory/roots.py", '"""', '"""Edited. ')
    plan = planned(finished)
    assert plan.pop("draw_theory") == 2
    steps = {"check_statements", "tabulate_ranges", "run_logistic"}
    assert plan == dict.fromkeys(steps, 1) | PAGE


def test_what_every_part_of_the_theory_uses_draws_all_of_it_again(finished, edit):
    edit("unlearning/theory/arguments.py", '"""', '"""Edited. ')
    plan = planned(finished)
    assert plan.pop("draw_theory") == 4
    steps = {"check_statements", "tabulate_ranges", "run_logistic", "run_toy", "measure_escapes"}
    assert plan == dict.fromkeys(steps, 1) | RANDOM_SETS | PAGE


def test_a_method_runs_itself_again(finished, edit):
    edit("unlearning/methods/gda.py", '"""', '"""Edited. ')
    expected = {"unlearn": 18, "score_method": 9, "collect_scores": 1, "draw_figure": 4}
    assert planned(finished) == expected | RANDOM_SETS | PAGE


def test_a_new_method_trains_nothing_that_exists(finished, edit):
    text = (finished / "unlearning" / "methods" / "ga.py").read_text()
    edit.create("unlearning/methods/mine.py", text)
    edit("config.yaml", "methods: [ga, gda, scrub]", "methods: [ga, gda, scrub, mine]")
    stanza = """
  mine:
    sweep: {learning_rate: [1.0e-2]}
    snapshots: {epochs: [1]}
    fixed: {batch_size: 64, batch_norm: train}
    controls: [{learning_rate: [0.0]}]
  ga:
"""
    edit("config.yaml", "\n  ga:\n", stanza)
    expected = {"unlearn": 18, "score_method": 9, "collect_scores": 1, "draw_figure": 2}
    assert planned(finished) == expected | RANDOM_SETS | PAGE


def test_more_members_train_only_the_new_ones(finished, edit):
    edit("config.yaml", "members: 100 # N", "members: 200 # N")
    edit("config.yaml", "floor_members: 100", "floor_members: 200")
    plan = planned(finished)
    assert plan["train_pretrained"] == 1
    assert plan["train_oracle"] == 18
    assert plan["unlearn"] == 72
    assert "train_datamodels" not in plan
    assert "select_forget_set" not in plan


def test_another_recipe_retrains(finished, edit):
    edit("config.yaml", "weight_decay: 5.0e-4", "weight_decay: 1.0e-3")
    plan = planned(finished)
    assert (plan["train_pretrained"], plan["train_datamodels"], plan["train_oracle"]) == (1, 4, 18)


def test_a_forget_set_of_another_seed_plans_only_itself(finished, edit):
    edit("config.yaml", "size: 10, seed: 0}", "size: 10, seed: 7}")
    plan = planned(finished)
    assert (plan["select_forget_set"], plan["train_oracle"], plan["unlearn"]) == (1, 2, 8)
    assert "train_pretrained" not in plan


@pytest.mark.parametrize("name", ["pretrained/0-99.safetensors", "oracle/1/0-99.npy"])
def test_a_truncated_artifact_is_named_and_nothing_finished_is_lost(finished, tmp_path, name):
    folder = tmp_path / "study"  # a job fails here, which Snakemake remembers
    shutil.copytree(finished, folder)
    path = folder / "results" / "digits" / name
    whole, stamp = path.read_bytes(), path.stat()
    before = [file for file in (folder / "results").rglob("*") if file.is_file()]
    config = folder / "config.yaml"
    text = config.read_text()
    assert "[1.0e-2, 3.0e-2, 1.0e-1]" in text
    more = text.replace("[1.0e-2, 3.0e-2, 1.0e-1]", "[1.0e-2, 3.0e-2, 7.0e-2, 1.0e-1]", 1)
    config.write_text(more)
    target = "results/digits/unlearned/ga/lr0.07/1/0-99.npy"
    if name.startswith("oracle"):
        target = "results/digits/klom/ga/1.csv"
    path.write_bytes(whole[: len(whole) // 2])
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    printed = snakemake(folder, "--rerun-triggers", "params", "--", target, check=False)
    assert f"{name} is not a complete" in printed
    assert "delete it and run again" in printed
    lost = [file for file in before if not file.is_file() and "klom/ga/1" not in str(file)]
    assert lost == []
