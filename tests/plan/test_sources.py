"""A study that starts from published ensembles trains none, and checks them before it unlearns."""

import csv
import re

import yaml
from snakemake.utils import update_config

from tests.helpers.plans import CONFIG, counts, declared, dry_run, named
from tests.helpers.study import ROOT, copy_repository, snakemake
from unlearning.provenance import lineage
from unlearning.study import config as studies
from unlearning.study.sources import sources

STUDIES = [ROOT / "studies" / "cifar10.yaml", ROOT / "studies" / "easydub.yaml"]


def arguments(tmp_path):
    overlay = tmp_path / "revision.yaml"
    overlay.write_text(f"published: {{revision: '{'0' * 40}'}}\n")
    return ["--configfile", *STUDIES, overlay]


def config():
    merged = yaml.safe_load((ROOT / "config.yaml").read_text())
    for study in STUDIES:
        update_config(merged, yaml.safe_load(study.read_text()))
    studies.drop_absent(merged)
    return merged


def test_ensembles_are_taken_over_and_unlearned_from(tmp_path):
    plan = counts(tmp_path, "scores", *arguments(tmp_path))
    assert not [rule for rule in plan if rule.startswith("train_")]
    assert plan["fetch_published"] == 1
    assert plan["import_pretrained"] == 2
    assert plan["import_oracle"] == 9 * 4
    assert plan["check_alignment"] == 9
    assert plan["unlearn"] == 804


def test_nothing_is_unlearned_or_scored_before_the_check(tmp_path):
    printed = dry_run(tmp_path, "scores", *arguments(tmp_path)).stdout
    for rule in ("unlearn", "score_baselines"):
        for inputs in re.findall(rf"^rule {rule}:\n +input: (.*)$", printed, re.MULTILINE):
            assert re.search(r"cifar10_easydub/published/\d\.json", inputs), inputs


def test_the_code_behind_a_figure_is_that_of_the_import(tmp_path):
    code = named(lineage.code_behind(config(), "fig5"))
    assert {"import_pretrained", "import_oracle", "check_alignment", "fetch_published"} < set(code)
    assert declared(tmp_path, "fig5", *arguments(tmp_path)) == code


def test_what_is_imported_does_not_depend_on_how_it_is_scored():
    for script in ("fetch_published", "import_pretrained", "import_oracle"):
        code = sources(f"workflow/scripts/{script}.py")
        assert not [path for path in code if "unlearning/scoring/" in path], script


def test_an_audit_counts_no_training(tmp_path):
    copy_repository(tmp_path)
    snakemake(tmp_path, "audit", "--config", "target=scores", *arguments(tmp_path))
    with open(tmp_path / "audits" / "cifar10_easydub-scores.csv") as file:
        rows = {row["stage"]: row for row in csv.DictReader(file)}
    assert rows["import_pretrained"]["to_run"] == "2"
    assert {"train_pretrained", "train_oracle"}.isdisjoint(rows)
    assert sum(int(row["sample_gradients"]) for row in rows.values()) == int(
        rows["unlearn"]["sample_gradients"]
    )


def test_a_published_weight_matrix_takes_the_place_of_models(tmp_path):
    (tmp_path / "train_50pct.pt").write_bytes(b"")
    overlay = tmp_path / "matrix.yaml"
    overlay.write_text(f"datamodels: {{file: {tmp_path}/train_50pct.pt}}\n")
    plan = counts(tmp_path, "forget_sets", "--configfile", STUDIES[0], overlay)
    assert plan == {
        "prepare_data": 1,
        "import_datamodels": 1,
        "find_components": 1,
        "select_forget_set": 9,
        "draw_forget_sets": 1,
        "forget_sets": 1,
    }
    code = lineage.code_behind({**CONFIG, "datamodels": {"file": "any"}}, "forget_sets")
    assert "import_datamodels" in code and "train_datamodels" not in code
