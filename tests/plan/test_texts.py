"""What members say is planned where points are sequences, and refused where they are images."""

import yaml

from tests.helpers.plans import CONFIG, counts, dry_run
from tests.helpers.study import ROOT

NAMES = ROOT / "studies" / "names.yaml"


def test_a_study_of_names_is_planned_by_the_same_rules_and_one_more(tmp_path):
    plan = counts(tmp_path, "--configfile", NAMES)
    assert plan["tabulate_texts"] == plan["score_baselines"] == 4
    assert plan["train_oracle"] == 8 and plan["train_pretrained"] == 1
    assert plan["unlearn"] == 4 * 15 and plan["draw_figure"] == len(CONFIG["figures"])
    assert "compare_accuracies" not in plan  # Lemma 1 is about classes
    for target in ("explore", "league", "answer", "selection", "stability"):
        assert counts(tmp_path, target, "--configfile", NAMES)[target] == 1


def test_images_say_nothing(tmp_path):
    assert "tabulate_texts" not in counts(tmp_path)
    done = dry_run(tmp_path, "results/digits/texts/1.csv")
    assert done.returncode != 0
    assert "texts: digits has images, and its members say nothing" in done.stdout + done.stderr


def test_controls_of_batch_norm_are_refused_in_one_sentence(tmp_path):
    done = dry_run(tmp_path, "controls", "--configfile", NAMES)
    assert done.returncode != 0
    assert "controls: model transformer has no BatchNorm" in done.stdout + done.stderr


def test_influence_is_asked_where_the_study_asks_for_it(tmp_path):
    overlay = tmp_path / "influence.yaml"
    family = {"influence": {**CONFIG["influence"], "setting": {"epochs": 3, "ascent_epochs": 2}}}
    family["influence"]["setting"] |= {"learning_rate": 1.0e-2}
    overlay.write_text(yaml.safe_dump(family))
    plan = counts(tmp_path, "influence", "--configfile", NAMES, overlay)
    assert plan["measure_damage"] == plan["select_forget_set"]


def folder_of_texts(tmp_path):
    folder = tmp_path / "letters"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.txt").write_text("".join(f"{name} {n}\n" for n in range(9)))
    overlay = tmp_path / "folder.yaml"
    config = yaml.safe_load(NAMES.read_text())
    config["dataset"] = {"name": "texts", "folder": str(folder), "train": 20, "validation": 5}
    config["forget_sets"] |= {"mine": {"kind": "group", "group": "a", "size": None, "seed": 0}}
    config["forget_sets"] |= dict.fromkeys(("random100", "ends", "finnish", "prefix"))
    config["run"]["forget_sets"] = ["mine"]
    for figure in config["figures"].values():
        figure["forget_sets"] = ["mine"]
    config |= {"study": "letters", "training": {**config["training"], "batch_size": 4}}
    overlay.write_text(yaml.safe_dump(config))
    return folder, overlay


def test_a_whole_file_of_a_folder_is_forgotten_by_every_method(tmp_path):
    """How many lines it has is known when they are read."""
    folder, overlay = folder_of_texts(tmp_path)
    done = dry_run(tmp_path, "--configfile", overlay)
    assert done.returncode == 0, done.stderr
    plan = counts(tmp_path, "--configfile", overlay)
    assert plan["unlearn"] == 15
    for file in folder.iterdir():
        file.unlink()
    done = dry_run(tmp_path, "--configfile", overlay)
    assert done.returncode != 0
    assert f"dataset.folder: {folder} is no folder with files *.txt" in done.stdout + done.stderr
