"""The KLoM plane that most figures share: who is drawn, where, in which colour, and the legend."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from unlearning.artifacts.tables import require_columns
from unlearning.figures.theme import BAND, COLOURS, DIVERGED, SMALL, TEXT, tidy

CAP = float(np.log(1e5))
"""Largest KLoM that exists: all unlearned margins in a bin where the oracle has the floor 1e-5."""
LIMIT = 12.2
CAP_LINE: dict[str, Any] = {"color": "0.2", "linewidth": 0.8, "linestyle": ":", "zorder": 0.5}
PATH: dict[str, Any] = {"color": "0.35", "linewidth": 0.6, "linestyle": "--", "zorder": 1.5}
SPLITS = ("forget", "retain", "validation")
BASELINES = {"pretrained": "pretrained", "oracle_floor": "oracle", "oracle_stopped": "stopped"}
APART = {"as_published", "optimizer"}
"""Kinds that the paper's figures leave out: `protocols` has them, beside the corrected runs."""
STILL = ("zero_learning_rate", "zero_strength")
"""Kinds of controls that move no weight."""
KINDS = {"grid", *STILL, "frozen_batch_norm", "baseline", *APART}
KEY = ["method", "setting", "kind", "epoch", "forget_set"]
PER_SPLIT = ["klom_p95", "klom_p95_low", "klom_p95_high", "floor_p95", "n_nonfinite"]
PER_RUN = ["in_grid", "learning_rate", "relative_cost", "n_members"]

# From the lowest to the highest layer: the few baselines must stay visible under many runs.
MARKS: dict[str, dict[str, Any]] = {
    "stopped": {"marker": "D", "s": 15, "edgecolors": "black", "linewidths": 0.4},
    "frozen_batch_norm": {"marker": "^", "s": 26, "edgecolors": "black", "linewidths": 0.4},
    "grid": {"marker": "o", "s": 24, "edgecolors": "black", "linewidths": 0.4},
    "zero_learning_rate": {"marker": "x", "s": 26, "color": "black", "linewidths": 1.1},
    "zero_strength": {"marker": "+", "s": 30, "color": "black", "linewidths": 1.1},
    "diverged": {"marker": "s", "s": 34, "edgecolors": DIVERGED, "linewidths": 1.4},
    "pretrained": {"marker": "o", "s": 60, "facecolors": "none", "edgecolors": "black",
                   "linewidths": 1.3},
    "oracle": {"marker": "*", "s": 95, "facecolors": "black", "edgecolors": "white",
               "linewidths": 0.6},
}  # fmt: skip
MEANINGS = {
    "grid": "unlearning run",
    "frozen_batch_norm": "run with frozen BatchNorm",
    "zero_learning_rate": "control: learning rate 0",
    "zero_strength": "control: strength 0",
    "diverged": "diverged run, drawn at the cap",
    "pretrained": "pretrained, nothing unlearned",
    "oracle": "oracle against a second oracle",
    "stopped": "retraining stopped early",
}


def runs(scores: pd.DataFrame) -> pd.DataFrame:
    """Turn scores with a row for each split into one row for each run, ready to be drawn.

    A run is diverged when any of its margins is not finite or its three P95s are all at the cap.
    One P95 at the cap is no divergence: a run may forget a few points far too well. Runs of a kind
    in `APART` are left out.

    Parameters
    ----------
    scores : DataFrame
        One row per (method, setting, kind, epoch, forget set, split).

    Returns
    -------
    DataFrame
        One row per run: the key, `in_grid`, `learning_rate`, `relative_cost`, `n_members`,
        `n_nonfinite` (all splits), `diverged`, and for each split the P95 KLoM as `forget`,
        its interval as `forget_low` and `forget_high`, its noise floor as `forget_floor`, etc.

    Raises
    ------
    ValueError
        If a column or a split is missing, there is no row, one is repeated, or a kind is unknown.
    """
    require_columns(scores, [*KEY, "split", *PER_SPLIT, *PER_RUN], "scores")
    if scores.empty:
        raise ValueError("scores has no rows: nothing of the study has been scored.")
    scores = scores.assign(
        forget_set=scores["forget_set"].astype(str), setting=scores["setting"].fillna("")
    )
    unknown = set(scores["kind"]) - KINDS
    if unknown:
        raise ValueError(
            f"column kind of scores holds {', '.join(map(repr, sorted(unknown)))}; allowed are "
            f"{', '.join(sorted(KINDS))}."
        )
    scores = scores[~scores["kind"].isin(APART)]
    if scores.empty:
        raise ValueError(f"scores has no rows of a kind other than {' and '.join(sorted(APART))}.")
    repeated = scores[scores.duplicated([*KEY, "split"])]
    if len(repeated):
        raise ValueError(f"scores has two rows for {_named(repeated.iloc[0])}.")
    wide: Any = scores.pivot(index=KEY, columns="split", values=PER_SPLIT)
    absent = [split for split in SPLITS if split not in wide["klom_p95"]]
    if absent:
        raise ValueError(f"scores has no rows of the split(s) {', '.join(absent)}.")
    p95 = wide["klom_p95"][list(SPLITS)]
    table = scores.groupby(KEY)[PER_RUN].first()
    table["in_grid"] = table["in_grid"].astype(bool)
    table["n_nonfinite"] = wide["n_nonfinite"].sum(axis=1).astype(int)
    table["diverged"] = (table["n_nonfinite"] > 0) | (p95 >= CAP - 1e-3).all(axis=1)
    for split in SPLITS:
        table[split] = p95[split].clip(upper=CAP).mask(table["diverged"], CAP)
        for bound in ("low", "high"):
            limit = wide[f"klom_p95_{bound}"][split].clip(upper=CAP)
            table[f"{split}_{bound}"] = limit.mask(table["diverged"])
        table[f"{split}_floor"] = wide["floor_p95"][split]
    table = table.reset_index()
    for split in SPLITS:
        if table[split].isna().any():
            row = table[table[split].isna()].iloc[0]
            raise ValueError(f"scores has no P95 KLoM on the {split} split for {_named(row)}.")
    return table


def _named(row: pd.Series) -> str:
    """Say which run a row belongs to."""
    return ", ".join(f"{name} {row[name]}" for name in KEY)


def requested(options: dict[str, Any]) -> tuple[list[str], list[str], dict[str, str]]:
    """Read methods, forget sets and the titles of the forget sets from a figure's options.

    Raises
    ------
    ValueError
        If `methods` or `forget_sets` is missing or empty.
    """
    for name in ("methods", "forget_sets"):
        if not options.get(name):
            raise ValueError(f"option {name} of the figure must list at least one name.")
    forget_sets = [str(name) for name in options["forget_sets"]]
    labels = {str(name): label for name, label in (options.get("labels") or {}).items()}
    # No line may break within "Forget set 1".
    titles = {name: f"Forget\u00a0set\u00a0{labels.get(name, name)}" for name in forget_sets}
    return list(options["methods"]), forget_sets, titles


def select(table: pd.DataFrame, method: str, forget_set: str) -> pd.DataFrame:
    """Keep the runs of one method and the baselines of one forget set, with their `mark`.

    Raises
    ------
    ValueError
        If the method has no run on this forget set.
    """
    here = table[table["forget_set"] == forget_set]
    if not (here["method"] == method).any():
        raise ValueError(
            f"scores has no rows for method {method!r} on forget set {forget_set!r}; it has "
            f"the methods {', '.join(sorted(set(table['method'])))} and the forget sets "
            f"{', '.join(sorted(set(table['forget_set'])))}."
        )
    return marked(here[(here["method"] == method) | here["method"].isin(list(BASELINES))])


def marked(table: pd.DataFrame) -> pd.DataFrame:
    """Return runs with their `mark`: which of `MARKS` each is drawn as."""
    mark = table["method"].map(BASELINES).fillna(table["kind"])
    diverged = table["diverged"] & ~table["method"].isin(list(BASELINES))
    return table.assign(mark=mark.mask(diverged, "diverged"))


def without_extra_epochs(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the runs of the grids, the controls and the baselines."""
    return table[table["in_grid"] | (table["kind"] == "baseline")]


def coordinates(table: pd.DataFrame, y_split: str, panel: str) -> pd.DataFrame:
    """Lay out the runs of one panel: x on the forget set, y on `y_split`, without extra epochs."""
    table = without_extra_epochs(table)
    first = ["mark", *KEY, "learning_rate", "relative_cost", "n_members", "n_nonfinite"]
    ends = ["", "_low", "_high", "_floor"]
    source = [*first, *(f"forget{end}" for end in ends), *(f"{y_split}{end}" for end in ends)]
    names = [*first, *(f"x{end}" for end in ends), *(f"y{end}" for end in ends)]
    drawn = table[source].set_axis(names, axis=1).reset_index(drop=True)
    drawn.insert(0, "panel", panel)
    return drawn


def is_coloured(mark: str) -> bool:
    """Whether a mark shows the relative cost as its colour."""
    return "color" not in MARKS[mark] and "facecolors" not in MARKS[mark]


def cost_norm(drawn: pd.DataFrame) -> Normalize:
    """Colour scale of the costs drawn: logarithmic if they span more than a factor of 50."""
    costs = drawn.loc[
        drawn["mark"].map(is_coloured) & (drawn["relative_cost"] > 0), "relative_cost"
    ]
    if len(costs) and costs.max() > 50 * costs.min():
        return LogNorm(costs.min(), costs.max(), clip=True)
    return Normalize(0, costs.max() if len(costs) else 1, clip=True)


def colour_bar(axes: Axes, norm: Normalize) -> None:
    """Turn `axes` into the colour bar of the relative cost."""
    bar = axes.figure.colorbar(ScalarMappable(norm, COLOURS), cax=axes)
    low, high = axes.get_ylim()
    if isinstance(norm, LogNorm):
        subs = (1.0,) if high > 300 * low else (1.0, 2.0, 5.0)
        bar.locator = LogLocator(subs=subs, numticks=12)
    else:
        bar.locator = MaxNLocator(5)
    bar.formatter = FuncFormatter(lambda cost, _: f"{100 * cost:.6g}%")
    bar.minorlocator = NullLocator()
    bar.set_label("Work, in % of one retraining", fontsize=TEXT)
    bar.outline.set_linewidth(0.5)
    axes.tick_params(labelsize=SMALL + 1, width=0.5, length=2)


def draw_plane(
    axes: Axes,
    drawn: pd.DataFrame,
    norm: Normalize,
    *,
    intervals: bool,
    paths: bool = False,
    scale: float = 1.0,
) -> None:
    """Draw one panel: floor, cap, runs, baselines, and how many runs diverged.

    Parameters
    ----------
    axes : Axes
        An empty square panel.
    drawn : DataFrame
        What `coordinates` returned for this panel.
    norm : Normalize
        Colour scale of the relative cost.
    intervals : bool
        Draw the bootstrap intervals of the runs.
    paths : bool
        Join the runs of one setting over the epochs, from the pretrained model on.
    scale : float
        Area of the marks relative to that in a panel of full size.
    """
    axes.set_label(drawn["panel"].iloc[0])
    for draw_band, floor in ((axes.axvspan, "x_floor"), (axes.axhspan, "y_floor")):
        if drawn[floor].notna().any():
            draw_band(0, drawn[floor].max(), **BAND)
    for draw_line in (axes.axvline, axes.axhline):
        draw_line(CAP, **CAP_LINE)
    own = drawn[drawn["kind"] != "baseline"]
    if intervals:
        across = own[["x_low", "y", "x_high", "y"]].to_numpy(float).reshape(-1, 2, 2)
        along = own[["x", "y_low", "x", "y_high"]].to_numpy(float).reshape(-1, 2, 2)
        axes.add_collection(
            LineCollection(
                [*across, *along], colors="0.6", linewidths=0.4, zorder=1, gid="interval"
            ),
            autolim=False,
        )
    start = drawn[drawn["mark"] == "pretrained"]
    for _, path in own.groupby(["kind", "setting"]) if paths else ():
        path = pd.concat([start, path.sort_values("epoch")])
        axes.plot(path["x"], path["y"], **PATH)
    stopped = drawn[drawn["mark"] == "stopped"].sort_values("epoch")
    axes.plot(stopped["x"], stopped["y"], color="0.2", linewidth=0.6, zorder=1.8)
    for layer, (mark, style) in enumerate(MARKS.items()):
        rows = drawn[drawn["mark"] == mark]
        if rows.empty:
            continue
        if is_coloured(mark):
            style = {**style, "c": rows["relative_cost"], "norm": norm, "cmap": COLOURS}
        style = {**style, "s": style["s"] * scale, "zorder": 2 + layer / 10}
        axes.scatter(rows["x"], rows["y"], clip_on=False, gid=mark, **style)
    count = int((own["mark"] == "diverged").sum())
    if count:
        axes.text(1, 1.01, f"{count} of {len(own)} runs diverged", color=DIVERGED,
                  fontsize=SMALL, ha="right", va="bottom", transform=axes.transAxes)  # fmt: skip
    axes.set(xlim=(0, LIMIT), ylim=(0, LIMIT), aspect="equal")
    axes.set(xticks=(0, 5, 10), yticks=(0, 5, 10))
    tidy(axes)
