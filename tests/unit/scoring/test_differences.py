"""Differences of scores: their intervals are paired, and cover what they say."""

import numpy as np
import pandas as pd
import pytest

from unlearning.artifacts.files import ArtifactError, save_array
from unlearning.artifacts.tables import save_table
from unlearning.scoring import scores
from unlearning.scoring.differences import Scored, read_scored
from unlearning.scoring.rows import IDENTITY, MEASURES
from unlearning.scoring.scores import Scoring

EVERYTHING = {"all": np.arange(60)}
SCORING = Scoring(variant="default", clip=100.0, bootstrap=60, seed=0)


def scored(ensembles, oracle):
    """Score ensembles against the same oracles."""
    rows, deviations = [], []
    for number, ensemble in enumerate(ensembles):
        found, _, deviation = scores.score(ensemble, ensemble > 0, oracle, EVERYTHING, SCORING)
        method = "oracle_floor" if number == 0 else "ga"
        rows += [dict.fromkeys([*IDENTITY, *MEASURES]) | {"method": method, **found[0]}]
        deviations.append(deviation)
    table = pd.DataFrame(rows).assign(forget_set="1")
    return Scored(table, np.concatenate(deviations).astype(np.float32))


@pytest.fixture(scope="module")
def drawn():
    return np.random.default_rng(0).normal(size=(4, 60, 60)).astype(np.float32)


def test_a_run_does_not_differ_from_itself(drawn):
    found = scored([drawn[0]], drawn[1]).difference([0], [0])
    assert found.loc[0, ["difference", "low", "high"]].tolist() == [0, 0, 0]


def test_what_two_runs_share_drops_out_of_their_difference(drawn):
    oracle, first, other = drawn[:3]
    nudged = (first + 0.01 * drawn[3] + 0.3).astype(np.float32)
    found = scored([other, first + np.float32(0.3), nudged], oracle)
    paired, unpaired = (found.difference([1], [place]) for place in (2, 0))
    widths = [(each["high"] - each["low"])[0] for each in (paired, unpaired)]
    assert widths[0] < widths[1] / 2


def test_the_interval_of_a_difference_covers_the_mean_difference():
    """30 pairs of ensembles, one shifted: 95 % intervals of the excess over the floor."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(30):
        oracle, floor, moved = rng.normal(size=(3, 60, 60)).astype(np.float32)
        found.append(scored([floor, moved + np.float32(1)], oracle).excess().loc[1])
    table = pd.DataFrame(found)
    mean = table["difference"].mean()
    inside = ((table["low"] <= mean) & (mean <= table["high"])).mean()
    assert 0.85 <= inside <= 1
    width = (table["high"] - table["low"]).mean() / (2 * 1.96 * table["difference"].std())
    assert 0.7 < width < 1.5


def test_of_several_rows_the_mean_is_compared():
    """Replicates that move by 1 and by -1 stay where they are together."""
    table = pd.DataFrame({"klom_p95": [2.0, 4.0, 1.0]})
    deviations = np.array([[0.01, -0.01], [-0.01, 0.01], [0.0, 0.0]], np.float32)
    found = Scored(table, deviations)
    apart, together = found.difference([0], [2]), found.difference([[0, 1]], [[2, 2]])
    assert together.loc[0, "difference"] == pytest.approx(2)
    assert together.loc[0, "high"] - 2 < (apart.loc[0, "high"] - 1) / 4
    pd.testing.assert_frame_equal(found.difference([[0]], [[2]]), apart)


def test_each_row_has_the_floor_of_its_forget_set_and_split():
    rows = [("ga", "1", "forget"), ("oracle_floor", "2", "forget"), ("oracle_floor", "1", "forget")]
    table = pd.DataFrame(rows, columns=["method", "forget_set", "split"]).assign(klom_p95=1.0)
    found = Scored(table, np.zeros((3, 2), np.float32))
    assert found.floor().tolist() == [2, 1, 2]
    with pytest.raises(KeyError):
        Scored(table.assign(method="ga"), found.deviations).floor()


def test_replicates_of_another_table_are_refused(tmp_path):
    table = pd.DataFrame([dict.fromkeys([*IDENTITY, *MEASURES], 1)] * 3)
    save_table(str(tmp_path / "scores.csv"), table)
    for name, rows in (("right.npy", 3), ("wrong.npy", 4)):
        save_array(str(tmp_path / name), np.zeros((rows, 5), np.float32))
    read = read_scored([str(tmp_path / "scores.csv")], [str(tmp_path / "right.npy")])
    assert len(read.table) == 3
    with pytest.raises(ArtifactError, match=r"wrong\.npy"):
        read_scored([str(tmp_path / "scores.csv")], [str(tmp_path / "wrong.npy")])
