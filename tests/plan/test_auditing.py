"""`snakemake audit` on a study that is done, half done or changed; nothing is computed for it."""

import csv
import re
import shutil
from base64 import urlsafe_b64encode

import pytest

from tests.helpers.study import ROOT, copy_repository, snakemake
from unlearning.study.config import TARGETS

STUDY = """
study: small
device: cpu
ensemble: {members: 4, floor_members: 4, chunk: 2}
datamodels: {models: 20, chunk: 10, held_out: 3}
run: {forget_sets: ["1", "4"], methods: [ga, gda]}
figures:
  fig1: {forget_sets: ["4"]}
  fig2: {forget_sets: ["1"]}
  fig5: {forget_sets: ["4"], methods: [ga]}
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return a copy of the repository with a study that Snakemake takes for done."""
    folder = tmp_path_factory.mktemp("audited")
    copy_repository(folder)
    (folder / "small.yaml").write_text(STUDY)
    listed = snakemake(folder, "--summary", "--configfile", "small.yaml")
    for path in re.findall(r"^(results/\S+)\t", listed, re.MULTILINE):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("nothing")
    snakemake(folder, "--touch", "--configfile", "small.yaml")
    return folder


@pytest.fixture
def study(finished, tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(finished, folder)
    return folder


def audit(folder, *config, target="all"):
    """Return what was printed, and the table: stage -> column -> number."""
    settings = ["--config", f"target={target}", *config]
    printed = snakemake(folder, "audit", "--configfile", "small.yaml", *settings)
    with open(folder / "audits" / f"small-{target}.csv") as file:
        return printed, {row["stage"]: row for row in csv.DictReader(file)}


def reasons(table):
    """Return stage -> reason -> number of jobs, of the stages that run."""
    named = ("missing", "code", "config", "input")
    found = {
        stage: {reason: int(row[reason]) for reason in named if int(row[reason])}
        for stage, row in table.items()
    }
    return {stage: counts for stage, counts in found.items() if counts}


def listing(folder):
    files = [*(folder / "results").rglob("*"), *(folder / ".snakemake" / "metadata").rglob("*")]
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in files}


def test_an_audit_touches_nothing_and_finds_nothing_to_do(study):
    before = listing(study)
    printed, table = audit(study, "gpus=3", "hours=2")
    assert listing(study) == before
    assert reasons(table) == {}
    assert ": 0 jobs to run" in printed
    assert not (study / "benchmarks").exists()
    assert not list((study / ".snakemake").glob("locks/*"))


def test_what_is_missing_runs_again_with_all_that_follows(study):
    for path in ("unlearned/ga/lr0.1/1/0-1.npy", "klom/ga/1.csv", "scores.csv"):
        (study / "results/small" / path).unlink()
    before = listing(study)
    _, table = audit(study)
    assert listing(study) == before
    found = reasons(table)
    assert found["unlearn"] == {"missing": 1}
    assert found["score_method"] == {"missing": 1}
    assert found["collect_scores"] == {"missing": 1}
    assert found["draw_figure"] == {"input": 3}  # fig2, fig6, fig7
    assert "train_pretrained" not in found
    unlearned = table["unlearn"]
    assert int(unlearned["members"]) == 2
    assert int(unlearned["sample_gradients"]) == 2 * 10 * 10  # members, points, epochs


def test_what_a_killed_job_left_counts_as_missing(study):
    name = urlsafe_b64encode(b"results/small/scores.csv").decode()
    (study / ".snakemake" / "incomplete").mkdir(exist_ok=True)
    (study / ".snakemake" / "incomplete" / name).write_text("")
    assert reasons(audit(study)[1])["collect_scores"] == {"missing": 1}


def test_changed_code_config_and_inputs_are_told_apart(study):
    with open(study / "unlearning/scoring/klom.py", "a") as file:
        file.write("\n# another line\n")
    assert reasons(audit(study)[1])["score_baselines"] == {"code": 2}
    shutil.copy(ROOT / "unlearning/scoring/klom.py", study / "unlearning/scoring")
    overlay = STUDY + "klom: {bootstrap: 7}\nmethods: {gda: {fixed: {batch_size: 32}}}\n"
    (study / "small.yaml").write_text(overlay)
    found = reasons(audit(study)[1])
    assert found["score_baselines"] == {"config": 2}
    assert found["unlearn"] == {"config": 4}
    (study / "small.yaml").write_text(STUDY)
    (study / "results/small/forget_sets/1.npy").write_text("something else")
    found = reasons(audit(study)[1])
    assert found["train_oracle"] == {"input": 4}


def test_a_figure_counts_its_own_jobs_only(study):
    shutil.rmtree(study / "results")
    shutil.rmtree(study / ".snakemake")
    printed, table = audit(study, "gpus=2", "hours=1", target="fig5")
    assert reasons(table)["draw_figure"] == {"missing": 1}
    assert table["train_oracle"]["to_run"] == "4"
    assert "collect_scores" not in table
    assert "2 processors, at most 1 h a job" in printed


def test_hours_come_from_the_benchmarks_of_the_study(study):
    path = study / "benchmarks/small/pretrained/0-1.tsv"
    path.parent.mkdir(parents=True)
    path.write_text("s\th:m:s\n7200.0\t2:00:00\n")
    shutil.rmtree(study / "results")
    _, table = audit(study)
    assert table["train_pretrained"]["estimate"] == "measured"
    assert float(table["train_pretrained"]["cpu_hours"]) == pytest.approx(4)
    assert table["unlearn"]["estimate"] == "scaled"


def test_an_unknown_target_is_refused_in_a_sentence(finished):
    printed = snakemake(finished, "audit", "--config", "target=fig9", check=False)
    assert "config: target: 'fig9' is no target; allowed are all, answer, compare," in printed
    assert "Traceback" not in printed
    assert not (finished / "audits").exists()


def test_every_target_can_be_audited():
    files = [ROOT / "Snakefile", *(ROOT / "workflow" / "rules").glob("*.smk")]
    blocks = [block for file in files for block in file.read_text().split("\nrule ")[1:]]
    targets = {block.split(":")[0] for block in blocks if "script:" not in block}
    assert targets == set(TARGETS)
