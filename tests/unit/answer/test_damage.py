"""Damage against what is known of it: none, all, and the noise that before and after share."""

import numpy as np
import pytest

from unlearning.answer.damage import Margins, damage_table
from unlearning.scoring.klom import CAP, klom
from unlearning.scoring.scores import Scoring

POINTS = {"forget": np.arange(20), "retain": np.arange(20, 80), "validation": np.arange(80, 120)}
SCORING = Scoring(variant="default", clip=100.0, bootstrap=20, seed=0)


def ensemble(shift=0.0, members=60, seed=0):
    margins = np.random.default_rng(seed).standard_normal((members, 120)).astype(np.float32)
    margins = margins + np.float32(shift)
    return Margins(margins, margins > 0)


def damaged(before, after, reference):
    table = damage_table(before, after, {"oracles": reference}, POINTS, SCORING, "F")
    return table.set_index("split")


def test_nothing_unlearned_is_no_damage():
    table = damaged(ensemble(), ensemble(), ensemble(seed=1).margins)
    assert (table[["damage", "damage_low", "damage_high"]] == 0).all(axis=None)
    assert (table["accuracy_before"] == table["accuracy_after"]).all()


def test_damage_is_the_rise_of_the_percentile_on_each_split():
    before, reference = ensemble(), ensemble(seed=1).margins
    shift = np.zeros(120)
    shift[POINTS["validation"]] = -20
    after = ensemble(shift)
    table = damaged(before, after, reference)
    assert (table.loc[["forget", "retain"], "damage"] == 0).all()
    row, points = table.loc["validation"], POINTS["validation"]
    old, new = (np.percentile(klom(e.margins, reference)[points], 95) for e in (before, after))
    assert row["klom_before"] == pytest.approx(old)
    assert row["klom_after"] == pytest.approx(new)
    assert row["damage"] == pytest.approx(new - old)
    assert 0 < row["damage_low"] < row["damage"] < row["damage_high"]
    assert row["loss_after"] > row["loss_before"]
    assert row["accuracy_after"] == 0


def test_noise_that_before_and_after_share_drops_out():
    """A shift that is hardly one leaves a narrow interval, where unpaired noise is wide."""
    table = damaged(ensemble(), ensemble(0.01), ensemble(seed=1).margins)
    other = damaged(ensemble(), ensemble(seed=2), ensemble(seed=1).margins)
    assert ((other["damage_high"] - other["damage_low"]) > 0.1).all()
    width = table["damage_high"] - table["damage_low"]
    assert (width < 0.7 * (other["damage_high"] - other["damage_low"])).all()


def test_diverged_members_are_damage_and_counted():
    after = ensemble()
    after.margins[:, POINTS["retain"]] = np.nan
    table = damaged(ensemble(), after, ensemble(seed=1).margins)
    assert table.loc["retain", "n_nonfinite"] == 60 * 60
    assert table.loc["retain", "klom_after"] == pytest.approx(CAP)
    assert table.loc["validation", "damage"] == 0
