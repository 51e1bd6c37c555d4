"""A study goes through sbatch to its figure, and its scores are those of a run without SLURM."""

import re

import pandas as pd
import pytest

GPU_RULES = ("train_pretrained", "train_oracle", "unlearn")
# members 4, floor_members 2 and chunk 2; one learning rate and its control; two forget sets
EXPECTED = {
    "train_pretrained": 2,
    "train_oracle": 2 * (2 + 1),
    "unlearn": 2 * 2 * 2,
    "score_baselines": 2,
    "score_method": 2,
}


@pytest.fixture(scope="module")
def jobs(slurm, on_slurm):
    return pd.DataFrame(slurm.jobs(on_slurm.folder))


def test_the_scores_equal_those_of_a_run_without_slurm(on_slurm, undisturbed):
    pd.testing.assert_frame_equal(on_slurm.scores(), undisturbed.scores(), check_exact=True)


def test_the_figure_is_drawn(on_slurm, undisturbed):
    assert (on_slurm.results / "figures" / "fig1.png").stat().st_size > 10_000
    drawn = [toy.results / "figures" / "fig1.csv" for toy in (on_slurm, undisturbed)]
    assert drawn[0].read_text() == drawn[1].read_text()


def test_training_and_scoring_and_nothing_else_went_to_slurm(jobs):
    assert jobs["rule"].value_counts().to_dict() == EXPECTED
    assert not jobs.duplicated(["rule", "wildcards"]).any()
    assert set(jobs["JobState"]) == {"COMPLETED"}
    assert set(jobs["Account"]) == {"theory"}


def test_every_job_went_to_its_partition_and_asked_for_its_gpu(jobs):
    trains = jobs["rule"].isin(GPU_RULES)
    assert set(jobs["Partition"][trains]) == {"gpu"}
    assert set(jobs["TresPerJob"][trains]) == {"gres:gpu:toy:1"}
    assert set(jobs["Partition"][~trains]) == {"cpu"}
    assert jobs["TresPerJob"][~trains].isna().all()


def test_slurm_recorded_the_same(slurm, jobs):
    record = slurm.completed()
    for job in jobs.to_dict("records"):
        ended = record[job["JobId"]]
        assert (ended["JobState"], ended["Partition"]) == ("COMPLETED", job["Partition"])


def test_each_training_job_sees_one_gpu_and_no_two_at_once_the_same(on_slurm, jobs):
    started = pd.DataFrame(on_slurm.started()).dropna(subset="SLURM_JOB_ID")
    seen = jobs.merge(started, left_on="JobId", right_on="SLURM_JOB_ID", validate="one_to_one")
    trained = seen[seen["rule"].isin(GPU_RULES)]
    assert len(trained) == sum(EXPECTED[rule] for rule in GPU_RULES)
    assert set(trained["CUDA_VISIBLE_DEVICES"]) == {"0", "1"}
    assert seen[~seen["rule"].isin(GPU_RULES)]["CUDA_VISIBLE_DEVICES"].isna().all()
    for _, on_device in trained.groupby("CUDA_VISIBLE_DEVICES"):
        ordered = on_device.sort_values("StartTime")
        assert (ordered["StartTime"].iloc[1:].values >= ordered["EndTime"].iloc[:-1].values).all()
    pairs = trained.merge(trained, how="cross", suffixes=("", "_other"))
    at_once = pairs["StartTime"].between(pairs["StartTime_other"], pairs["EndTime_other"])
    assert (pairs["JobId"][at_once] != pairs["JobId_other"][at_once]).any()


def test_short_rules_ran_beside_snakemake(on_slurm):
    outside = {job["script"] for job in on_slurm.started() if job["SLURM_JOB_ID"] is None}
    assert outside == {"prepare_data", "select_forget_set", "collect_scores", "draw_figure"}


def test_one_line_says_how_jobs_are_watched_and_one_of_the_account(on_slurm):
    told = [line for line in on_slurm.log().splitlines() if "watched with" in line]
    assert told == [
        "Jobs are watched with squeue, which knows them after their end, 3600 s long; sacct cannot "
        "be asked: this cluster keeps no accounting."
    ]
    told = [line for line in on_slurm.log().splitlines() if re.search("account", line.lower())]
    told = [line for line in told if "resources:" not in line and "watched with" not in line]
    assert told == ["Account theory cannot be checked: this cluster keeps no accounting."]


def test_the_logs_of_jobs_that_succeeded_are_cleared(on_slurm):
    assert not list((on_slurm.folder / "logs" / "slurm").rglob("*.log"))
    assert (on_slurm.folder / "logs" / "toy" / "pretrained" / "0-1.log").exists()


def test_a_second_run_has_nothing_to_do(on_slurm, slurm, jobs):
    before = on_slurm.times()
    assert "Nothing to be done" in on_slurm.run("--profile=profiles/slurm")
    assert on_slurm.times() == before
    assert len(slurm.jobs(on_slurm.folder)) == len(jobs)
