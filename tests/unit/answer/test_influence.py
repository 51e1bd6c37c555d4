"""Ranks against scipy's, what groups of sets take out, and how certain a correlation is."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from unlearning.answer.damage import SPLITS
from unlearning.answer.influence import (
    PREDICTORS,
    correlations,
    finding,
    joined,
    rank_correlations,
)


def sets(**columns):
    """A table of 24 random sets and six chains of four, of four sizes."""
    rng = np.random.default_rng(3)
    kinds = ["random"] * 24 + ["top"] * 12 + ["ends"] * 12
    chains = [""] * 24 + [
        f"{kind}{n}" for kind in ("top", "ends") for n in (1, 2, 3) for _ in "1234"
    ]
    table = pd.DataFrame(
        {"against": "oracles", "kind": kinds, "chain": chains, "size": [10, 20, 50, 100] * 12}
    )
    table["forget_set"] = [f"s{number}" for number in range(48)]
    for name in ("spectral_norm", "mean_absolute", *(f"{split}_damage" for split in SPLITS)):
        table[name] = rng.standard_normal(48)
    for split in SPLITS:
        table[f"{split}_klom_before"] = rng.standard_normal(48)
    for split in SPLITS:
        table[f"{split}_damage_low"] = table[f"{split}_damage"] - 1
    return table.assign(**columns)


def test_over_all_sets_it_is_spearmans_with_ties():
    values = sets()[[*PREDICTORS, *(f"{split}_damage" for split in SPLITS)]].to_numpy(float)
    found = rank_correlations(values, np.zeros(48, int))
    for row in range(3):
        for column in range(2):
            expected = spearmanr(values[:, row], values[:, 3 + column]).statistic
            assert found[row, column] == pytest.approx(expected)


def test_ranks_are_blind_to_scale_and_turn_with_the_sign():
    values = sets()[[*PREDICTORS, *(f"{split}_damage" for split in SPLITS)]].to_numpy(float)
    groups = np.repeat([0, 1, 2], 16)
    found = rank_correlations(values, groups)
    np.testing.assert_allclose(rank_correlations(np.exp(values / 9), groups), found)
    turned = values * [-1, 1, 1, 1, 1]
    np.testing.assert_allclose(rank_correlations(turned, groups)[0], -found[0])


def rows(table, **options):
    found = correlations(table, repeats=200, seed=0, **options)
    damage = found[found["outcome"] == "damage"]
    return damage.set_index(["split", "scope", "predictor"])


def test_what_size_alone_foretells_is_gone_among_sets_of_one_size():
    noise = np.random.default_rng(0).permutation(48) / 1000
    size = sets()["size"]
    found = rows(sets(spectral_norm=size + noise, retain_damage=size + noise[::-1]))
    assert found.loc[("retain", "all", "spectral_norm"), "rho"] > 0.9
    assert abs(found.loc[("retain", "same size", "spectral_norm"), "rho"]) < 0.4
    assert found.loc[("retain", "same size", "size")][["rho", "rho_low"]].isna().all()
    assert found.loc[("retain", "all", "size"), "rho"] > 0.9


def test_what_origin_alone_foretells_is_gone_among_sets_of_one_origin():
    noise = np.random.default_rng(0).permutation(48) / 1000
    high = 1.0 * (sets()["kind"] != "random")
    found = rows(sets(spectral_norm=high + noise, retain_damage=high + noise[::-1]))
    assert found.loc[("retain", "same size", "spectral_norm"), "rho"] > 0.6
    assert abs(found.loc[("retain", "same size and origin", "spectral_norm"), "rho"]) < 0.4


def test_a_perfect_predictor_is_one_with_certainty_and_ahead_of_others():
    damage = sets()["retain_damage"]
    found = rows(sets(spectral_norm=np.exp(damage)))
    for scope in ("all", "same size", "same size and origin"):
        row = found.loc[("retain", scope, "spectral_norm")]
        assert row["rho"] == pytest.approx(row["rho_low"]) == pytest.approx(1)
        assert row[["ahead", "ahead_low", "ahead_high"]].tolist() == [0, 0, 0]
    other = found.loc[("retain", "all", "mean_absolute")]
    assert other["ahead"] == pytest.approx(1 - other["rho"])
    assert 0 < other["ahead_low"] < other["ahead"] < other["ahead_high"]


def test_nested_sets_count_as_one_piece_of_evidence():
    """Four times the same: drawn apart they would halve the interval."""
    base = np.random.default_rng(1).standard_normal((12, 2))
    values = np.repeat(base + base[:, :1] / 2, 4, axis=0)
    table = sets(spectral_norm=values[:, 0], retain_damage=values[:, 1], kind="top")
    width = {}
    for name, chains in (("together", np.repeat(np.arange(12), 4).astype(str)), ("apart", "")):
        row = rows(table.assign(chain=chains)).loc[("retain", "all", "spectral_norm")]
        width[name] = row["rho_high"] - row["rho_low"]
    assert width["together"] > 1.5 * width["apart"]


def test_a_chain_that_was_read_as_missing_is_none():
    table = sets()
    expected = correlations(table, repeats=20, seed=0)
    read = table.assign(chain=table["chain"].replace("", np.nan))
    pd.testing.assert_frame_equal(correlations(read, repeats=20, seed=0), expected)


def measured(name, damage):
    """What `damage_table` says, where each reference and split adds a number of its own."""
    rows = [
        {"forget_set": name, "against": by, "split": split, "damage": damage + more + further}
        for by, more in (("pretrained", 0), ("oracles", 100))
        for split, further in (("forget", 1), ("retain", 0), ("validation", 10))
    ]
    return pd.DataFrame(rows).assign(n_members=60, n_reference=40, n_points=7)


def test_tables_are_joined_a_row_a_set_and_a_set_that_lacks_one_is_named():
    family = pd.DataFrame(
        {"forget_set": ["b", "a"], "kind": "random", "component": None, "chain": "", "size": [3, 4]}
    )
    blocks = pd.DataFrame(
        {"forget_set": ["a", "b"], "spectral_norm": [1.0, 2.0], "mean_absolute": 0.5}
    )
    damages = [measured("a", 3.0), measured("b", 1.0)]
    table = joined(family, blocks, damages)
    rows = table.set_index(["forget_set", "against"])
    assert rows.index.tolist() == [(name, by) for by in ("pretrained", "oracles") for name in "ba"]
    assert rows.loc["b", "spectral_norm"].tolist() == [2.0, 2.0]
    assert rows.loc[("a", "oracles"), "retain_damage"] == 3 + 100
    assert rows.loc[("b", "pretrained"), "validation_damage"] == 1 + 10
    assert rows.loc[("b", "oracles"), ["n_members", "n_reference"]].tolist() == [60, 40]
    for part in ((blocks[1:], damages), (blocks, damages[1:])):
        with pytest.raises(ValueError, match="Forget set a lacks its block or its damage"):
            joined(family, *part)


def test_where_oracles_are_the_reference_so_is_what_retraining_moves():
    moved = sets()["spectral_norm"] ** 3
    table = pd.concat(
        [sets(against=by, retain_klom_before=moved) for by in ("pretrained", "oracles")],
        ignore_index=True,
    )
    found = correlations(table, repeats=20, seed=0)
    assert set(found.loc[found["against"] == "pretrained", "outcome"]) == {"damage"}
    row = found[(found["outcome"] == "klom_before") & (found["split"] == "retain")]
    row = row[(row["scope"] == "all") & (row["predictor"] == "spectral_norm")].iloc[0]
    assert row["against"] == "oracles"
    assert row["rho"] == pytest.approx(1)


def test_the_sentence_has_the_numbers_of_each_reference():
    table = pd.concat([sets(against="pretrained"), sets(size=10)], ignore_index=True)
    found = correlations(table, repeats=50, seed=0)
    rows = found.set_index(["against", "split", "outcome", "scope", "predictor"])
    run = {"method": "gda", "setting": "lr0.2", "snapshot": (3, 1)}
    said = finding(table, found, run=run)
    assert said.startswith("Over 48 forget sets ")
    parts = said.split("; ")
    for part, by, outcome in zip(
        parts,
        ("pretrained", "oracles", "oracles"),
        ("damage", "damage", "klom_before"),
        strict=False,
    ):
        for split in SPLITS:
            row = rows.loc[(by, split, outcome, "all", "spectral_norm")]
            rho = f"{row['rho']:.2f} ({row['rho_low']:.2f} to {row['rho_high']:.2f})"
            assert rho in part, (by, outcome)
    size = [rows.loc[("pretrained", split, "damage", "all", "size"), "rho"] for split in SPLITS]
    assert f"beside {size[0]:.2f} and {size[1]:.2f} for the number of points" in parts[0]
    assert "beside none and none for the number of points" in parts[1]
    assert "nan" not in said
    assert "\n" not in said
    assert "(GDA, lr0.2, epoch 3 + 1)" in parts[0]
    kin = rows.loc[("pretrained", "retain", "damage", "same size and origin", "spectral_norm")]
    rho = f"{kin['rho']:.2f} ({kin['rho_low']:.2f} to {kin['rho_high']:.2f})"
    assert f"one size and origin the spectral norm has {rho} and " in parts[-1]
    alone = finding(table[:48], found[found["against"] == "pretrained"], run=run)
    assert "oracles" not in alone
