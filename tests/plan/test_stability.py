"""Fewer members, and choices without oracles, need what the study trains, and no more."""

from tests.helpers.plans import CONFIG, counts, dry_run
from unlearning.study import design


def test_stability_reads_the_grid_and_neither_its_controls_nor_other_sets(tmp_path):
    overlay = tmp_path / "two.yaml"
    overlay.write_text(
        "run: {forget_sets: ['1', '2', '3']}\nstability: {forget_sets: ['1', '2']}\n"
    )
    runs = sum(len(design.trajectories(method)) for method in CONFIG["methods"].values())
    assert counts(tmp_path, "stability", "--configfile", overlay) == {
        "prepare_data": 1,
        "select_forget_set": 2,
        "train_pretrained": 1,
        "train_oracle": 2 * 2,
        # Controls as well: what tells pairs of runs apart comes from the scores.
        "unlearn": 2 * runs,
        "score_baselines": 2,
        "score_method": 2 * 3,
        "subsample_members": 2,
        "draw_stability": 1,
        "stability": 1,
    }


def test_selection_needs_scores_alone(tmp_path):
    overlay = tmp_path / "one.yaml"
    overlay.write_text("run: {forget_sets: ['1'], methods: [ga]}\n")
    plan = counts(tmp_path, "selection", "--configfile", overlay)
    assert plan["select_runs"] == plan["draw_selection"] == plan["score_method"] == 1
    others = ("subsample_members", "compare_stopping", "collect_scores")
    assert not plan.keys() & set(others)


def test_what_cannot_be_told_is_said_before_any_job(tmp_path):
    overlay = tmp_path / "bad.yaml"
    for text, target, sentence in (
        ("stability: {members: [10, 200]}", "stability", "stability.members: 200 is more than"),
        (
            "run: {methods: [ga]}\n"
            "methods: {ga: {sweep: {learning_rate: [0.1]}, snapshots: {epochs: [3]}}}",
            "selection",
            "run.methods: none of ga has two runs in its grid",
        ),
    ):
        overlay.write_text(text)
        done = dry_run(tmp_path, target, "--configfile", overlay)
        printed = done.stdout + done.stderr
        assert done.returncode != 0 and sentence in printed
        assert not (tmp_path / "results").exists()


def test_paper_sized_studies_are_planned(tmp_path):
    plan = counts(tmp_path, "stability", "selection", "--configfile", "studies/cifar10.yaml")
    assert plan["subsample_members"] == 9
