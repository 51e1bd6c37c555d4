"""The benchmark of a GPU runs to its end, and counts the study as the design does."""

import csv

import pytest
import yaml
from snakemake.utils import update_config

from bench import gpu, gpu_tables, study_hours
from unlearning.study import passes
from unlearning.study.runs import runs
from unlearning.study.sources import ROOT


def test_all_of_it_runs_on_tiny_networks(tmp_path, capsys):
    file = tmp_path / "rates.csv"
    gpu.main(["--smoke", "--csv", str(file)])
    printed = capsys.readouterr().out
    assert "SMOKE" in printed and "not measured" not in printed
    assert "| all | | |" in " ".join(printed.split()).replace("|  |  |", "| | |")
    with file.open() as opened:
        rows = list(csv.DictReader(opened))
    assert all(float(row["samples_per_second"]) > 0 for row in rows)
    found = {(row["objective"], row["way"].split(",")[0]) for row in rows}
    for objective in ("training", "descent", "scrub"):
        ways = {way for what, way in found if what == objective}
        assert "plain loop" in ways and ways - {"plain loop"}
    assert {way for what, way in found if what == "evaluation"} == {"plain loop", "ours"}


def test_what_there_is_no_time_for_is_named():
    found = gpu.Measurements(minutes=0, seconds=0.01)
    case = gpu.case("tiny", {"name": "mlp", "hidden": 2}, (1, 2, 2), 2, 4, gpu.devices.CPU)
    found.take(case, 4, "training", "a loop", lambda: pytest.fail("was measured"))
    assert found.left_out == ["tiny, batch 4, training, a loop"] and not found.rows


def test_a_missing_rate_leaves_the_hours_out(capsys):
    gpu_tables.print_study(gpu.Measurements(1, 0.01), "ResNet-9", gpu.BATCHES)
    assert "not all rates that they need were measured" in capsys.readouterr().out


def test_the_study_is_counted_as_it_is_designed():
    config = study_hours.study()
    work = study_hours.work(config)
    assert work["pretrained"]["gradients"] == 100 * 24 * 50_000
    sizes = {name: config["forget_sets"][name]["size"] for name in config["run"]["forget_sets"]}
    for kind, way in (("gradients", "shared"), ("separate", "separate")):
        expected = sum(
            100 * passes.trajectory_gradients("gda", run, used, 50_000 - used)[way]
            for name, size in sizes.items()
            for run in runs(config, "gda", name).values()
            for used in [min(size, run.hyperparameters.get("forget_limit", size))]
        )
        assert work["gda"][kind] == expected
    evaluated = sum(
        100 * 60_000 * len(run.snapshots())
        for name in sizes
        for run in runs(config, "gda", name).values()
    )
    assert work["gda"]["evaluations"] == evaluated


def test_hours_are_work_over_rate():
    counted = {"pretrained": {"gradients": 7200, "evaluations": 3600, "separate": 1}}
    counted["scrub"] = {"gradients": 1, "evaluations": 0, "separate": 36_000}
    rates = {"training": 2.0, "descent": 1.0, "scrub": 5.0, "evaluation": 0.5}
    assert study_hours.hours(counted, rates, "gradients")["pretrained"] == 1 + 2
    assert study_hours.hours(counted, rates, "separate")["scrub"] == 2


def test_the_study_is_merged_as_snakemake_merges_it():
    expected = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(expected, yaml.safe_load((ROOT / study_hours.STUDY).read_text()))
    assert study_hours.study() == expected
