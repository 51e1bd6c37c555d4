"""The family of influence is asked for by its own target, in any study that has what it takes."""

import yaml

from tests.helpers.plans import CONFIG, counts, dry_run
from tests.helpers.study import ROOT
from unlearning.study import influence

STUDIES = ROOT / "studies"


def test_influence_plans_its_forget_sets_in_one_setting(tmp_path):
    plan = counts(tmp_path, "influence")
    family = influence.forget_sets(CONFIG)
    assert plan == {
        "prepare_data": 1,
        "train_datamodels": 4,
        "fit_datamodels": 1,
        "find_components": 1,
        "select_forget_set": len(family),
        "train_pretrained": 2,  # those that are unlearned, and as many to hold them against
        "train_oracle": len(family),
        "unlearn": len(family),
        "measure_blocks": 1,
        "measure_damage": len(family),
        "correlate_influence": 1,
        "draw_influence": 1,
        "influence": 1,
    }


def test_without_oracles_the_other_members_are_what_damage_is_held_against(tmp_path):
    plan = counts(tmp_path, "influence", "--configfile", STUDIES / "digits_resnet9.yaml")
    assert plan["measure_damage"] == plan["unlearn"] >= 60
    assert plan["train_pretrained"] > CONFIG["influence"]["chunks"]
    assert "train_oracle" not in plan


def test_published_ensembles_are_unlearned_without_published_oracles_of_the_family(tmp_path):
    overlay = tmp_path / "revision.yaml"
    overlay.write_text(f"published: {{revision: '{'0' * 40}'}}\n")
    studies = [STUDIES / "cifar10.yaml", STUDIES / "easydub.yaml", overlay]
    plan = counts(tmp_path, "influence", "--configfile", *studies)
    assert plan["import_pretrained"] == 2
    assert plan["unlearn"] == plan["measure_damage"] == 70
    assert not {"import_oracle", "check_alignment", "train_pretrained"} & plan.keys()


def test_a_study_without_a_family_says_so_and_plans_the_rest(tmp_path):
    overlay = tmp_path / "none.yaml"
    overlay.write_text("influence: null\n")
    done = dry_run(tmp_path, "influence", "--configfile", overlay)
    assert done.returncode != 0
    assert "influence: is null in this study" in done.stdout + done.stderr
    assert counts(tmp_path, "fig1", "--configfile", overlay)["draw_figure"] == 1


def test_a_bad_family_stops_before_any_job(tmp_path):
    overlay = tmp_path / "few.yaml"
    family = {
        "random": {"sizes": [10], "of_each": 2},
        "components": {"kinds": ["top"], "sizes": [10]},
    }
    overlay.write_text(yaml.safe_dump({"influence": family}))
    assert counts(tmp_path, "fig1", "--configfile", overlay)["draw_figure"] == 1
    done = dry_run(tmp_path, "influence", "--configfile", overlay)
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    assert "config: influence: 4 forget sets are too few for a rank correlation" in printed
    assert not (tmp_path / "results").exists()
