"""A few random faults: the study is what it was after the documented steps (bench/chaos.py)."""

from bench.chaos import COLUMNS, TARGETS, disturb_all
from bench.chaos_study import Study, copy

SEED = 50  # whose first faults need neither faketime nor root, and are of five kinds


def test_five_random_faults(undisturbed, tmp_path, capsys):
    (tmp_path / "reference").mkdir()
    finished = Study(undisturbed.folder, "toy.yaml", TARGETS, cores=2)
    study = copy(finished, tmp_path / "reference")
    tried, counts = disturb_all(study, range(1, 6), SEED)
    assert list(tried.values()) == [1] * 5
    outcomes = {column: sum(counts[kind, column] for kind in tried) for column in COLUMNS}
    assert outcomes["violations"] == outcomes["left out"] == 0, capsys.readouterr().out
    assert outcomes["damaged file named"] and outcomes["recovered by itself"]
