"""What a league comes to in one sentence, its numbers from its tables."""

import pandas as pd

from unlearning.league.equal_cost import BETTER
from unlearning.study.league import BEST
from unlearning.study.method_names import OURS, method_name

#: Rules that need no oracles and choose one run.
ORACLE_FREE = ("accuracy", "loss", "budget")


def league_finding(standings: pd.DataFrame, chosen: pd.DataFrame) -> str:
    """Return which methods beat retraining at equal cost, on which sets, and which ranks first.

    Parameters
    ----------
    standings : what `ranks.standings` returned
    chosen : the table of what was chosen, of all sources
    """
    budget = chosen["budget"].max()
    rows = chosen[(chosen["budget"] == budget) & ~chosen["baseline"].astype(bool)]
    within = f"Within {100 * budget:g} % of one retraining"
    if rows.empty:
        return f"{within} no method has a run."
    untold, told = (rows[rows["told"].astype(bool) == is_told] for is_told in (False, True))
    parts = [_beating(untold)] if len(untold) else ["no method has a run without being told"]
    if len(told):
        with_oracles, pairs, without = _counts(told)
        parts.append(f"of pairs with a method that is told the answer {with_oracles} of {pairs} ")
        parts[-1] += f"are, and {without}"
    ranked = standings[(standings["budget"] == budget) & (standings["rule"] == BEST)]
    ranked = ranked[ranked["rank"].notna()]
    if len(ranked):
        first = ranked.iloc[0]
        parts.append(
            f"the best mean rank has {_name(first)} with {first['rank']:.1f} of "
            f"{first['entries']:.0f} ({first['rank_low']:.1f} to {first['rank_high']:.1f}), "
            f"{first['excess_worst']:.2f} nats above the floor on its worst split in the mean"
        )
        parts += [
            f"{_name(row)} has {row['excess_worst']:.2f}"
            for _, row in ranked.iloc[1:].iterrows()
            if row["method"] == "pretrained" and row["source"] == OURS
        ]
    return f"{within} {'; '.join(parts)}."


def _counts(rows: pd.DataFrame) -> tuple[str, int, str]:
    """Return how many runs are better at equal cost: chosen with oracles, of how many, without."""
    better = rows.loc[rows["equal_cost"] == BETTER, "rule"]
    found = {rule: int((better == rule).sum()) for rule in (BEST, *ORACLE_FREE)}
    fewest, most = (end(found[rule] for rule in ORACLE_FREE) for end in (min, max))
    without = f"{most}" if fewest == most else f"{fewest} to {most}"
    pairs = int((rows["rule"] == BEST).sum())
    return str(found[BEST] or "none"), pairs, without


def _beating(rows: pd.DataFrame) -> str:
    """Say how many runs, chosen with the oracles and without, are better at equal cost."""
    with_oracles, pairs, without = _counts(rows)
    text = (
        f"{with_oracles} of {pairs} pairs of method and forget set "
        f"{'is' if with_oracles == '1' else 'are'} better than retraining stopped early at the "
        "same cost where the oracles choose the run"
    )
    found = rows[(rows["rule"] == BEST) & (rows["equal_cost"] == BETTER)]
    names = [
        f"{_name(cells.iloc[0])} on {', '.join(cells['forget_set'])}"
        for _, cells in found.groupby(["source", "method"], sort=False)
    ]
    text += f" ({'; '.join(names)})" if names else ""
    return f"{text}, and {without} where accuracy, loss or a budget does"


def _name(row: pd.Series) -> str:
    name = method_name(str(row["method"]))
    return name if row["source"] == OURS else f"{name} of {row['source']}"
