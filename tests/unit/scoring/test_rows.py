"""The columns of scores.csv, and how its rows are joined."""

import pandas as pd
import pytest

from unlearning.artifacts.files import ArtifactError
from unlearning.artifacts.tables import save_table
from unlearning.scoring.rows import read_scores, with_floor


def test_the_floor_is_looked_up_by_split():
    scored = pd.DataFrame({"split": ["retain", "forget"], "method": ["ga", "ga"]})
    baselines = pd.DataFrame(
        {
            "method": ["pretrained", "oracle_floor", "oracle_floor"],
            "split": ["retain", "forget", "retain"],
            "klom_p95": [9.0, 1.0, 2.0],
            "klom_mean": [9.0, 0.1, 0.2],
        }
    )
    table = with_floor(scored, baselines)
    assert list(table["floor_p95"]) == [2.0, 1.0]
    assert list(table["floor_mean"]) == [0.2, 0.1]


def test_a_table_that_is_not_one_of_scores_is_named(tmp_path):
    path = str(tmp_path / "ga.csv")
    save_table(path, pd.DataFrame({"method": ["ga"], "setting": ["lr0"]}))
    with pytest.raises(ArtifactError, match=r"ga\.csv lacks .*delete it"):
        read_scores([path])
