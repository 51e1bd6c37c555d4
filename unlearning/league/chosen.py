"""The run of each method within each budget, chosen with the oracles and without."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from unlearning.answer import selection
from unlearning.answer.selection import RUN, wide
from unlearning.league import equal_cost
from unlearning.league.excess import Excess, Floats, columns, places
from unlearning.study.league import BEST
from unlearning.study.method_names import COMPETITORS, OURS

RULES = (*selection.RULES, BEST)
#: Rules that look at the scores of all runs within the budget, and take the luckiest.
BY_SCORES = ("oracle", BEST)
CELL = ["source", "forget_set", "method", "budget", "rule"]
#: Whole numbers that may be missing.
WHOLE = {"epoch": "Int64", "stopped_epoch": "Int64"}


@dataclass(frozen=True)
class Chosen:
    """Runs that were chosen, each with its replicates.

    Attributes
    ----------
    table : one row a source, forget set, method, budget and rule
    moved : (rows, measures, repeats) how far the excess moves when members are drawn again
    """

    table: pd.DataFrame
    moved: Floats

    def joined(self, others: Sequence["Chosen"]) -> "Chosen":
        """Return these and others, of as many repeats, as one."""
        every = [self, *(other for other in others if len(other.table))]
        return Chosen(
            pd.concat([each.table for each in every], ignore_index=True),
            np.concatenate([each.moved for each in every]),
        )


def choose(
    excess: Excess,
    *,
    forget_sets: Sequence[str],
    methods: Sequence[str],
    told: Sequence[str],
    budgets: Sequence[float],
) -> Chosen:
    """Let every rule choose a run of every method on every forget set within every budget.

    A run is within a budget where it costs no more on any forget set, so that a budget admits the
    same runs on all of them; a method of which none is within has no row. Beside the methods stand
    the `COMPETITORS`: of retraining the dearest that the budget allows.

    Parameters
    ----------
    excess : of baselines and methods
    forget_sets, methods : names
    told : methods that are told the answer
    budgets : in units of one retraining

    Returns
    -------
    Chosen
        Its table has `CELL` (``source`` is `OURS`), ``baseline``, ``told``, the run (`RUN`,
        ``learning_rate``, ``relative_cost``; at random the mean cost), ``runs`` to choose from,
        ``tied``, ``n_members``, ``diverged`` (how many of the runs that it is have margins that are
        not finite), ``given_cost`` (what training took that they are given, in retrainings),
        `excess.columns` (at random means over the runs) and, of methods, `equal_cost.COLUMNS`.
    """
    rows: list[dict[str, Any]] = []
    moved: list[Floats] = []
    members = excess.table["n_members"].max()
    for name in forget_sets:
        stopped = equal_cost.retrainings(excess, name)
        baselines = {method: excess.baseline(method, name) for method in COMPETITORS}
        for budget in budgets:
            tables = {
                method: found[found["relative_cost"] <= budget + equal_cost.EQUAL]
                .tail(1)
                .assign(setting=method)
                for method, found in baselines.items()
            }
            for method in methods:
                runs = wide(excess.table, method, name, budget)
                tables[method] = runs[runs["affordable"]]
            for method, runs in tables.items():
                for rule in RULES if len(runs) else ():
                    is_baseline = method in COMPETITORS
                    pick, tied = (runs.index, 1) if is_baseline else _chosen(excess, runs, rule)
                    picked = runs.loc[pick]
                    measured = excess.of(places(picked))
                    cost = float(picked["relative_cost"].mean())
                    row = dict(zip(CELL, (OURS, name, method, budget, rule), strict=True))
                    row |= {"baseline": is_baseline, "told": method in told}
                    row |= _run(picked) | {"relative_cost": cost}
                    row |= {"runs": len(runs), "tied": tied, "n_members": members}
                    row |= columns(measured) | {"diverged": excess.diverged(places(picked))}
                    row |= {"given_cost": excess.given_cost(places(picked))}
                    if not is_baseline:
                        among = len(runs) if rule in BY_SCORES else 1
                        row |= equal_cost.compare(measured, cost, stopped, among=among)
                    rows.append(row)
                    moved.append(measured.moved)
    first = [*CELL, "baseline", "told", *RUN, "learning_rate", "relative_cost"]
    table = pd.DataFrame(rows)
    missing = [name for name in (*first, *equal_cost.COLUMNS) if name not in table]
    table = table.assign(**dict.fromkeys(missing, np.nan)).astype(WHOLE)
    rest = [column for column in table if column not in (*first, *equal_cost.COLUMNS)]
    return Chosen(table[[*first, *rest, *equal_cost.COLUMNS]], np.stack(moved))


def _chosen(excess: Excess, runs: pd.DataFrame, rule: str) -> tuple[pd.Index, int]:
    """Return the number of the run that a rule of the league chooses, and how many it ties."""
    if rule != BEST:
        return selection.chosen(runs, rule)
    worst = excess.values[places(runs)].max(axis=1)
    tied = runs.index[worst <= np.min(worst) + selection.EQUAL]
    return selection.first(runs, tied), len(tied)


def _run(picked: pd.DataFrame) -> dict[str, Any]:
    """Return which run it is; nothing where it is any of several."""
    if len(picked) > 1:
        return {}
    run = picked.iloc[0]
    names = [name for name in (*RUN, "learning_rate") if name in picked]
    return {name: run[name] for name in names}
