"""Mean ranks of methods over forget sets, and how sure they are of members and of forget sets."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from unlearning.league.chosen import Chosen
from unlearning.league.equal_cost import VERDICTS
from unlearning.league.excess import MEASURES, WORST, Floats
from unlearning.scoring.differences import interval

#: Resamplings of the forget sets.
REPEATS = 2000
#: To which scores are told apart: records of other groups have so many.
DECIMALS = 6
#: What is drawn again, and the ending of its columns.
DRAWN = {"both": "", "members": "_members", "sets": "_sets"}
ENTRY = ["source", "method"]


def mean_ranks(
    scores: Floats, moved: Floats, chains: Sequence[str], *, repeats: int, seed: int
) -> dict[str, Floats]:
    """Rank entries on each forget set, 1 the best, ties sharing their mean, and average over sets.

    Parameters
    ----------
    scores : (sets, entries), the lower the better
    moved : (sets, entries, replicates) how far each moves when members are drawn again
    chains : (sets,) sets of the same name share points, and are drawn together
    repeats : resamplings of the forget sets
    seed : of these

    Returns
    -------
    dict
        ``rank``, and for each of `DRAWN` the ends of the 95 % interval, such as ``rank_sets_low``:
        2.5 % and 97.5 % of the mean ranks when members, or forget sets, or both are drawn again,
        the mean rank itself within. Each (entries,).
    """
    ranks = rankdata(np.round(scores, DECIMALS), axis=1)
    by_member = rankdata(np.moveaxis(scores[..., None] + moved, -1, 0), axis=2)
    rng = np.random.default_rng(seed)
    weights = _drawn_sets(rng, chains, repeats)
    members = rng.integers(len(by_member), size=repeats)
    found = {
        "both": np.einsum("bs,bse->be", weights, by_member[members]),
        "members": by_member.mean(axis=1),
        "sets": weights @ ranks,
    }
    mean = ranks.mean(axis=0)
    result = {"rank": mean}
    for name, ending in DRAWN.items():
        low, high = np.percentile(found[name], [2.5, 97.5], axis=0)
        result[f"rank{ending}_low"] = np.minimum(low, mean)
        result[f"rank{ending}_high"] = np.maximum(high, mean)
    return result


def _drawn_sets(
    rng: np.random.Generator, chains: Sequence[str], repeats: int
) -> NDArray[np.float64]:
    """Return the weight of each set in each resampling of the chains, (repeats, sets)."""
    names = list(dict.fromkeys(chains))
    of_chain = np.array([[chain == name for chain in chains] for name in names], float)
    times = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=repeats)
    weights = times @ of_chain
    return weights / weights.sum(axis=1, keepdims=True)


def chained(points: Sequence[NDArray[np.int64]], named: Sequence[str]) -> list[str]:
    """Return for each forget set the name of those that it is drawn together with.

    Sets share a chain where they have a name in common, or where one lies within the other, as the
    highest 10 points among the highest 50.

    Parameters
    ----------
    points : of each forget set
    named : of each of them, such as its component
    """
    chains = list(named)
    for one, (own, mine) in enumerate(zip(points, named, strict=True)):
        for other in range(one):
            small, large = sorted((own, points[other]), key=len)
            if mine == named[other] or np.isin(small, large).all():
                joined, kept = chains[one], chains[other]
                chains = [kept if chain == joined else chain for chain in chains]
    return chains


def standings(
    chosen: Chosen, *, forget_sets: Sequence[str], chains: Sequence[str], seed: int
) -> pd.DataFrame:
    """Sum up what was chosen: a row a budget, rule and entry (a method, ours or another group's).

    Parameters
    ----------
    chosen : runs of all sources
    forget_sets : names
    chains : of each of them, as `mean_ranks` takes them
    seed : of the resampling

    Returns
    -------
    DataFrame
        ``budget``, ``rule``, `ENTRY`, ``baseline``, ``told``, ``sets`` (how many it has a run on),
        ``entries`` that are ranked, what `mean_ranks` returns, mean cost and mean excess over the
        forget sets with intervals over members, and how many forget sets have each verdict, on how
        many it is a run that ``diverged``, and what it is given took (``given_cost``). An entry
        without a run on each set has no rank and no mean. Best ranks first.
    """
    rows: list[dict[str, Any]] = []
    table = chosen.table.assign(row=np.arange(len(chosen.table)))
    worst = MEASURES.index(WORST)
    for (budget, rule), cell in table.groupby(["budget", "rule"], sort=False):
        wide = cell.pivot(index="forget_set", columns=ENTRY, values="row").reindex(
            list(forget_sets)
        )
        whole = wide.dropna(axis=1).astype(int)
        numbers = whole.to_numpy()
        scores = table[f"excess_{WORST}"].to_numpy(float)[numbers]
        found = mean_ranks(scores, chosen.moved[numbers, worst], chains, repeats=REPEATS, seed=seed)
        for entry in wide.columns:
            there = table.loc[wide[entry].dropna().astype(int)]
            row = {"budget": budget, "rule": rule, **dict(zip(ENTRY, entry, strict=True))}
            row |= {name: bool(there[name].iloc[0]) for name in ("baseline", "told")}
            row |= {"sets": len(there), "entries": whole.shape[1]}
            if entry in whole:
                place = whole.columns.get_loc(entry)
                row |= {name: float(values[place]) for name, values in found.items()}
                row |= _means(there, chosen.moved[numbers[:, place]])
            if not row["baseline"]:
                row |= {name: int((there["equal_cost"] == name).sum()) for name in VERDICTS}
                row["diverged"] = int((there["diverged"] > 0).sum())
                row["given_cost"] = float(there["given_cost"].mean())
            rows.append(row)
    order = ["budget", "place", "rank", "excess_worst"]
    rules = {rule: number for number, rule in enumerate(dict.fromkeys(table["rule"]))}
    result = pd.DataFrame(rows).astype(dict.fromkeys([*VERDICTS, "diverged"], "Int64"))
    result = result.assign(place=result["rule"].map(rules)).sort_values(order, kind="stable")
    return result.drop(columns="place").reset_index(drop=True)


def _means(there: pd.DataFrame, moved: Floats) -> dict[str, float]:
    """Return mean cost and mean excess over forget sets, with intervals over members."""
    values = there[[f"excess_{name}" for name in MEASURES]].to_numpy(float).mean(axis=0)
    low, high = interval(values, moved.mean(axis=0))
    found = {"relative_cost": float(there["relative_cost"].mean())}
    for number, name in enumerate(MEASURES):
        found |= {
            f"excess_{name}": float(values[number]),
            f"excess_{name}_low": float(low[number]),
            f"excess_{name}_high": float(high[number]),
        }
    return found
