"""Whether the influence of a forget set on the rest foretells what unlearning does to the rest.

Datamodels know, before anything is unlearned, how the forgotten points act on the retained ones;
the spectral norm of that block of their matrix was proposed as a predictor of damage, and not
tried. Here it is held against the damage that was measured, beside two plainer predictors, over a
family of forget sets.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from unlearning.answer.damage import SPLITS

#: What may foretell damage, and what people call it; the first is the one proposed.
PREDICTORS = {
    "spectral_norm": "spectral norm",
    "size": "number of points",
    "mean_absolute": "mean absolute influence",
}
#: What damage is measured against.
REFERENCES = {"pretrained": "other pretrained members", "oracles": "the oracles of each set"}
#: Which sets are compared with which.
SCOPES = {
    "all": "any two forget sets",
    "same size": "sets of one size",
    "same size and origin": "sets of one size, random ones and those of components apart",
}
KIN = "same size and origin"

#: What is correlated with the predictors: damage; and where oracles are the reference, how far from
#: them the pretrained members are, which is what retraining would move.
OUTCOMES = {"pretrained": ["damage"], "oracles": ["damage", "klom_before"]}
#: Columns of a correlation, after the reference.
CORRELATIONS = ["split", "outcome", "scope", "predictor", "rho", "rho_low", "rho_high"]
CORRELATIONS += ["ahead", "ahead_low", "ahead_high", "n_sets"]

Doubles = NDArray[np.float64]


def joined(
    family: pd.DataFrame, blocks: pd.DataFrame, damages: Sequence[pd.DataFrame]
) -> pd.DataFrame:
    """Join what is known of each forget set: a row a (reference, set), in the order given.

    Parameters
    ----------
    family : ``forget_set``, ``kind``, ``component``, ``chain``, ``size``
    blocks : ``forget_set``, ``spectral_norm``, ``mean_absolute``
    damages : of `damage_table`, one a forget set

    Returns
    -------
    DataFrame
        The columns of all; those of `damage_table` for each split, as ``retain_damage``.

    Raises
    ------
    ValueError
        When a forget set lacks its block or its damage.
    """
    long = pd.concat(damages, ignore_index=True)
    wide: Any = long.pivot(index=["forget_set", "against"], columns="split")
    members = {key: wide[key].iloc[:, 0] for key in ("n_members", "n_reference")}
    wide = wide.drop(columns=[*members, "n_points"], level=0)
    wide.columns = [f"{split}_{measure}" for measure, split in wide.columns]
    wide = wide.assign(**members).reset_index()
    table = family.merge(blocks, how="left", on="forget_set")
    table = pd.concat(
        [
            table.merge(wide[wide["against"] == against], how="left").assign(against=against)
            for against in long["against"].unique()
        ],
        ignore_index=True,
    )
    numbers = [*PREDICTORS, *(f"{split}_damage" for split in SPLITS)]
    lacking = table.loc[table[numbers].isna().any(axis=1), "forget_set"]
    if len(lacking):
        raise ValueError(f"Forget set {lacking.iloc[0]} lacks its block or its damage.")
    return table


def correlations(table: pd.DataFrame, *, repeats: int, seed: int) -> pd.DataFrame:
    """Correlate the ranks of each predictor with those of the `OUTCOMES` on each split.

    Within a scope, sets are ranked among those that they are compared with, and the ranks of all
    such groups are correlated together: what size, or origin, does to both drops out.

    Parameters
    ----------
    table : of `joined`
    repeats : resamplings of the forget sets for the intervals. Nested sets, those of one end of
        one component, are drawn together, because they are no further evidence of each other
    seed : of the resampling

    Returns
    -------
    DataFrame
        A row a (reference, split, outcome, scope, predictor): ``against``, ``split``, ``outcome``,
        ``scope``, ``predictor``; ``rho``, Spearman's within one of `SCOPES`, with ``rho_low`` and
        ``rho_high`` (95 %); ``ahead``, ``ahead_low``, ``ahead_high`` (rho of the spectral norm less
        this one, paired), ``n_sets``. Empty where ranks do not differ, as sizes of one size.
    """
    parts = [
        _correlations(rows, OUTCOMES[str(against)], repeats, seed).assign(against=against)
        for against, rows in table.groupby("against", sort=False)
    ]
    found = pd.concat(parts, ignore_index=True)
    return found[["against", *found.columns.drop("against")]]


def _correlations(
    table: pd.DataFrame, outcomes: Sequence[str], repeats: int, seed: int
) -> pd.DataFrame:
    """Correlate ranks by one reference: a row a (split, outcome, scope, predictor)."""
    pairs = list(product(SPLITS, outcomes))
    values = table[[*PREDICTORS, *("_".join(pair) for pair in pairs)]].to_numpy(float)
    origin = (table["kind"] == "random").to_numpy()
    size = table["size"].to_numpy()
    groups = {"all": 0 * size, "same size": size, "same size and origin": 2 * size + origin}
    draws = _draws(table, repeats, seed)
    rows = []
    for scope, group in groups.items():
        found = rank_correlations(values, group)
        drawn = np.stack([rank_correlations(values[draw], group[draw]) for draw in draws])
        for (column, pair), (row, predictor) in product(enumerate(pairs), enumerate(PREDICTORS)):
            rho, ahead = found[row, column], found[0, column] - found[row, column]
            low, high = _interval(drawn[:, row, column])
            ahead_low, ahead_high = _interval(drawn[:, 0, column] - drawn[:, row, column])
            names = [*pair, scope, predictor]
            numbers = [rho, low, high, ahead, ahead_low, ahead_high, len(table)]
            rows.append(dict(zip(CORRELATIONS, [*names, *numbers], strict=True)))
    return pd.DataFrame(rows)


def _draws(table: pd.DataFrame, repeats: int, seed: int) -> list[NDArray[np.int_]]:
    """Draw forget sets with replacement, nested ones together: their rows, for each replicate."""
    units = table["chain"].replace("", np.nan).fillna(table["forget_set"])
    members = [np.flatnonzero(units == unit) for unit in units.unique()]
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(members), size=(repeats, len(members)))
    return [np.concatenate([members[unit] for unit in draw]) for draw in drawn]


def rank_correlations(values: Doubles, groups: NDArray[np.int_]) -> Doubles:
    """Return Spearman's rank correlation of predictors with damages, within groups.

    Parameters
    ----------
    values : (sets, predictors and damages), the predictors first
    groups : (sets,) sets of one number are ranked among each other

    Returns
    -------
    ndarray of float64, shape (predictors, damages)
        Nan where all ranks are equal.
    """
    ranks = np.zeros(values.shape)
    for group in np.unique(groups):
        among = groups == group
        # From -1/2 to 1/2 in every group, however many are in it.
        ranks[among] = (rankdata(values[among], axis=0) - 0.5) / among.sum() - 0.5
    norms = np.sqrt(np.square(ranks).sum(axis=0))
    first, last = len(PREDICTORS), values.shape[1]
    products = ranks[:, :first].T @ ranks[:, first:last]
    with np.errstate(invalid="ignore"):
        return np.asarray(products / norms[:first, None] / norms[None, first:])


def _interval(replicates: Doubles) -> tuple[float, float]:
    """Return the 2.5th and 97.5th percentile; nan where every replicate is."""
    known = replicates[~np.isnan(replicates)]
    low, high = np.percentile(known, (2.5, 97.5)) if len(known) else (np.nan, np.nan)
    return float(low), float(high)


def finding(table: pd.DataFrame, found: pd.DataFrame, *, run: Mapping[str, Any]) -> str:
    """Say in one sentence what came out, with its numbers.

    Parameters
    ----------
    table : of `joined`
    found : of `correlations`
    run : ``method``, ``setting`` and ``snapshot`` (epoch, ascent epochs) of what is measured
    """
    rows = found[found["scope"] == "all"]
    keys = zip(rows["against"], rows["outcome"], rows["predictor"], rows["split"], strict=True)
    numbers = dict(zip(keys, rows[["rho", "rho_low", "rho_high"]].to_numpy(float), strict=True))

    def sure(against: str, outcome: str) -> str:
        each = (numbers[against, outcome, "spectral_norm", split] for split in SPLITS)
        return " and ".join(f"{rho:.2f} ({low:.2f} to {high:.2f})" for rho, low, high in each)

    def plain(against: str, predictor: str) -> str:
        each = (numbers[against, "damage", predictor, split][0] for split in SPLITS)
        return " and ".join("none" if np.isnan(rho) else f"{rho:.2f}" for rho in each)

    references = [against for against in REFERENCES if against in set(found["against"])]
    parts = [
        f"{sure(against, 'damage')} against {REFERENCES[against]}, beside "
        f"{plain(against, 'size')} for the number of points and "
        f"{plain(against, 'mean_absolute')} for the mean absolute influence"
        for against in references
    ]
    if "oracles" in references:
        moved = sure("oracles", "klom_before")
        parts.append(f"and what retraining would move, the distance to these oracles, has {moved}")
    kin = found[(found["scope"] == KIN) & (found["predictor"] == "spectral_norm")]
    kin = kin[(kin["outcome"] == "damage") & (kin["against"] == references[0])]
    kin = kin[kin[["rho", "rho_low", "rho_high"]].notna().all(axis=1)]
    if len(kin):
        ends = zip(kin["rho"], kin["rho_low"], kin["rho_high"], strict=True)
        alike = " and ".join(f"{rho:.2f} ({low:.2f} to {high:.2f})" for rho, low, high in ends)
        told = int(((kin["rho_low"] > 0) | (kin["rho_high"] < 0)).sum())
        parts.append(
            f"among sets of one size and origin the spectral norm has {alike} with the first, "
            f"{told} of {len(kin)} told from 0"
        )
    epochs = " + ".join(str(number) for number in run["snapshot"] if number is not None)
    return (
        f"Over {table['forget_set'].nunique()} forget sets the damage of unlearning "
        f"({str(run['method']).upper()}, {run['setting']}, epoch {epochs}) on the "
        f"{' and on the '.join(SPLITS)} set has with the spectral norm of the forget-by-retain "
        f"block the rank correlations (95 % intervals over forget sets) {'; '.join(parts)}."
    )
