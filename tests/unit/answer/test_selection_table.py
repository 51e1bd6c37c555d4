"""Regret, excess and what has moved, each with the interval of what is chosen."""

import numpy as np
import pandas as pd
import pytest

from tests.helpers.grids import GRID, rows
from unlearning.answer.findings import selection_finding
from unlearning.answer.selection_table import COLUMNS, select
from unlearning.scoring.differences import Scored
from unlearning.scoring.klom import CAP

BASELINES = {"pretrained": (6.1, 0.7, 0.8), "oracle_floor": (0.7, 0.6, 0.7)}


def scored(grid=GRID, forget_sets=("1", "2"), seed=0):
    """Scores of a grid and of the baselines, with independent replicates."""
    parts = [rows(grid, forget_sets)]
    for name, p95 in BASELINES.items():
        one = [(name, 0, np.nan, 0.0, (1.0, 1.0), (0.0, 0.0), p95)]
        parts.append(rows(one, forget_sets, method=name).assign(kind="baseline"))
    table = pd.concat(parts, ignore_index=True)
    noise = np.random.default_rng(seed).standard_normal((len(table), 200))
    return Scored(table, (0.01 * noise).astype(np.float32))


def selected(found=None, budget=0.25):
    found = scored() if found is None else found
    return select(found, forget_sets=["1", "2"], methods=["ga"], budget=budget)


def cell(table, rule, split, forget_set="1"):
    keys = ["rule", "split", "forget_set"]
    return table.set_index(keys).loc[(rule, split, forget_set)]


def test_every_rule_has_a_row_on_every_set_and_split():
    table = selected()
    assert list(table.columns) == COLUMNS
    assert len(table) == 2 * 6 * 4
    assert not table.duplicated(["forget_set", "method", "rule", "split"]).any()


def test_differences_are_from_the_oracles_choice_the_floor_and_the_start():
    table = selected(budget=0.5)  # lr2 after 5 epochs: (5, 4, 4); the oracle's is (2, 1, 1.2)
    row = cell(table, "budget", "forget")
    assert (row["setting"], row["epoch"], row["klom_p95"]) == ("lr2", 5, 5.0)
    assert row["regret"] == pytest.approx(3.0)
    assert row["excess"] == pytest.approx(4.3)
    assert row["moved"] == pytest.approx(-1.1)
    average = cell(table, "budget", "average")
    assert average["regret"] == pytest.approx((3 + 3 + 2.8) / 3)
    assert average["floor_p95"] == pytest.approx(2.0 / 3)
    for name in ("regret", "excess", "moved"):
        assert row[f"{name}_low"] < row[name] < row[f"{name}_high"]
        widths = (each[f"{name}_high"] - each[f"{name}_low"] for each in (average, row))
        assert next(widths) < next(widths)  # a mean of three


def test_the_oracle_has_no_regret_and_nobody_less_on_the_average():
    table = selected()
    oracle = table[table["rule"] == "oracle"]
    assert (oracle[["regret", "regret_low", "regret_high"]] == 0).all(axis=None)
    chosen = table[(table["split"] == "average") & (table["rule"] != "nothing")]
    assert (chosen["regret"] > -1e-9).all()


def test_at_random_is_the_mean_over_all_runs():
    row = cell(selected(), "random", "forget")
    p95 = np.array([run[-1][0] for run in GRID])
    assert row["klom_p95"] == pytest.approx(p95.mean())
    assert row["regret"] == pytest.approx(p95.mean() - 2)
    assert (row["spread_low"], row["spread_high"]) == pytest.approx(
        tuple(np.percentile(p95 - 2, [5, 95]))
    )
    average = np.array([np.mean(run[-1]) for run in GRID]) - (2.0 + 1.0 + 1.2) / 3
    spread = cell(selected(), "random", "average")[["spread_low", "spread_high"]]
    assert tuple(spread) == pytest.approx(tuple(np.percentile(average, [5, 95])))
    assert pd.isna(row["setting"]) and row["runs"] == row["tied"] == 6


def test_doing_nothing_is_the_pretrained_models():
    row = cell(selected(), "nothing", "retain")
    assert row["klom_p95"] == 0.7 and row["moved"] == 0 and row["regret"] == pytest.approx(-0.3)


def test_a_run_without_a_score_counts_as_the_cap():
    found = scored()
    diverged = (found.table["setting"] == "lr3") & (found.table["epoch"] == 5)
    table = found.table.assign(klom_p95=found.table["klom_p95"].mask(diverged))
    deviations = found.deviations.copy()
    deviations[diverged] = np.nan
    row = cell(selected(Scored(table, deviations)), "random", "forget")
    assert row["klom_p95"] == pytest.approx((6 + 4 + 2 + 5 + 8 + CAP) / 6)
    assert np.isfinite(row[["regret_low", "regret_high"]].astype(float)).all()


def test_the_finding_has_the_numbers_of_the_table():
    table = selected(budget=0.5)
    sentence = selection_finding(table)
    assert "by 2.93 nats with a fixed budget (2 of 2)" in sentence
    assert "by 0.00 nats where its loss is (0 of 2)" in sentence
    worse = table.assign(regret=table["regret"] + 1)
    assert "by 3.93 nats with a fixed budget" in selection_finding(worse)
