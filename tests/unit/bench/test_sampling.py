"""What is generated to measure the sampling of points is what its job reads."""

import numpy as np

from bench.sampling import EPOCHS, Study
from unlearning.artifacts.files import load_array
from unlearning.artifacts.tables import load_table


def test_the_files_of_a_forget_set_are_sampled_by_the_workflows_own_script(tmp_path):
    folder = tmp_path / "results" / "bench"
    study = Study(folder, ("ga", "gda"), (2, 2 * EPOCHS, 40, 20, 60, (4, 4, 1)))
    taken = study.measure()
    assert taken.seconds > 0 and taken.processor > 0 and 50e6 < taken.peak < 1e9
    runs = load_table(folder / "explore" / "runs.csv")
    assert runs["method"].value_counts()[["ga", "gda"]].tolist() == [2 * EPOCHS] * 2
    counts = load_array(folder / "explore" / "counts.npy", shape=(None,) * 3, dtype=np.uint16)
    assert len(counts) == len(runs) and (counts.sum(axis=2) == 60).all()
