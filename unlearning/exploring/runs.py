"""The runs that the page shows: those of Figure 6, on all three splits at once."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm

from unlearning.exploring.points import RUN
from unlearning.figures import plane
from unlearning.scoring.rows import SPLITS


def shown_runs(scores: pd.DataFrame, forget_sets: list[str]) -> pd.DataFrame:
    """Return the runs of a study, one row each, as the figures of the KLoM plane choose them.

    Parameters
    ----------
    scores : one row a run and split
    forget_sets : names, in the order of the page

    Returns
    -------
    DataFrame
        What `figures.plane.runs` returns, without extra epochs, with ``mark`` and with
        ``accuracy_{split}``; forget set after forget set, what is drawn on top last.

    Raises
    ------
    ValueError
        As `figures.plane.runs`.
    """
    table = plane.without_extra_epochs(plane.marked(plane.runs(scores)))
    accuracy = scores.pivot_table(index=RUN, columns="split", values="accuracy", aggfunc="first")
    accuracy = accuracy.reindex(columns=list(SPLITS)).add_prefix("accuracy_").reset_index()
    table = table.merge(accuracy, on=RUN, how="left", validate="one_to_one")
    layers = list(plane.MARKS)
    order = pd.DataFrame(
        {
            "forget_set": table["forget_set"].map(forget_sets.index),
            "layer": table["mark"].map(layers.index),
        }
    ).join(table[["method", "setting", "epoch"]])
    return table.loc[order.sort_values(order.columns.tolist()).index].reset_index(drop=True)


def floors(table: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """Return the noise floor of each forget set on each split, None where there is none."""
    found = table.groupby("forget_set", sort=False)[[f"{split}_floor" for split in SPLITS]].max()
    return {
        str(name): {
            split: None if np.isnan(value) else float(value)
            for split, value in zip(SPLITS, row, strict=True)
        }
        for name, row in zip(found.index, found.to_numpy(), strict=True)
    }


def cost_scale(table: pd.DataFrame) -> dict[str, Any]:
    """Return the colour scale of the cost as Vega has it, over all runs of the page."""
    norm = plane.cost_norm(table)
    kind = "log" if isinstance(norm, LogNorm) else "linear"
    return {"type": kind, "domain": [float(norm.vmin or 0), float(norm.vmax or 1)], "clamp": True}


def columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the runs column after column, as JSON has them, null where empty."""
    kept = [*RUN, "mark", "diverged", "relative_cost", "n_members", "n_nonfinite"]
    kept += [f"{split}{end}" for split in SPLITS for end in ("", "_low", "_high")]
    kept += [f"accuracy_{split}" for split in SPLITS]
    return {
        name: [None if pd.isna(value) else value for value in table[name].tolist()] for name in kept
    }
