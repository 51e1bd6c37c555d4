"""Appendix B, measured: who escapes from the trap, and when descent-ascent must stop."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, NullFormatter

from unlearning.artifacts.tables import require_columns
from unlearning.figures.layout import Box, assemble, new_figure
from unlearning.figures.theme import BLUE, DIVERGED, GREEN, SKY, SMALL, TEXT, tidy
from unlearning.theory.toy import WEIGHTS, ToyLoss
from unlearning.theory.toy_escape import OPTIMISERS

COLUMNS = {
    "escape": [
        "optimiser", "step_size", "runs", "steps", "spread", "escaped", "low", "high", "settled",
        "diverged",
    ],
    "recoverability": ["reading", "step_size", "steps", "time", "progress"],
    "toy_paths": ["reading", "phase", "time", "a", "b", "retraining", "returns"],
}  # fmt: skip
SETTLED = 0.9
"""Fraction of settled runs from which on a mark is filled."""
LOOKS = {
    "gd": ("black", "o"),
    "gd_momentum": ("0.55", "s"),
    "sgd": (BLUE, "o"),
    "sgd_momentum": (SKY, "s"),
    "adam": (GREEN, "^"),
}
CURVES: dict[str, dict[str, Any]] = {
    "when GDA stops": {"color": "black", "linewidth": 1.2},
    "after fine-tuning from there": {"color": "#C0529B", "linewidth": 2.2},
}
NO_RETURN: dict[str, Any] = {"color": "0.86", "linewidth": 0, "zorder": 0}
LIMIT: dict[str, Any] = {"color": "0.2", "linewidth": 0.8, "linestyle": ":", "zorder": 0.5}
AFTER = 3
"""Length of the middle panel, in times of the last recoverable moment."""


def draw(
    tables: dict[str, pd.DataFrame], *, options: dict[str, Any]
) -> tuple[Figure, pd.DataFrame]:
    """Draw the escapes by step size, the retain loss along descent-ascent, and the steps it has.

    Parameters
    ----------
    tables : dict of DataFrame
        `escape`, `recoverability` and `toy_paths`: what `escape_fractions`, `recoverability` and
        `descent_paths` returned for the reading `tanh`.
    options : dict
        None are read.

    Returns
    -------
    figure : Figure
    drawn : DataFrame
        One row per mark: `panel` (escape, loss, steps), `line`, `x`, `y`; in the panel escape the
        interval `y_low` and `y_high`, and the fractions `settled` and `diverged`.

    Raises
    ------
    ValueError
        When a table is missing, lacks a column, or holds an unknown optimiser or another reading.
    """
    escape, recoverability, paths = _checked(tables)
    flow = recoverability[recoverability["step_size"] == 0].iloc[0]
    drawn = pd.concat(
        [_escape_rows(escape), _loss_rows(paths, flow["time"]), _step_rows(recoverability)],
        ignore_index=True,
    )
    figure = new_figure()
    left, middle, right = (figure.add_axes((0, 0, 0.5, 0.5)) for _ in range(3))
    _draw_escape(left, drawn[drawn["panel"] == "escape"], _largest_stable_step(paths))
    _draw_loss(middle, drawn[drawn["panel"] == "loss"], flow)
    _draw_steps(right, drawn[drawn["panel"] == "steps"], flow["time"])
    boxes: dict[Axes, Box] = {
        left: (0, 0, 2.7, 2.1),
        middle: (3.3, 0, 1.75, 2.1),
        right: (5.65, 0, 1.75, 2.1),
    }
    assemble(figure, boxes, [("", handles) for handles in _handles(drawn)], _notes(escape))
    return figure, drawn


def _checked(tables: dict[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """Return the tables in the order of `COLUMNS`, or say what they lack."""
    for name, columns in COLUMNS.items():
        if name not in tables:
            raise ValueError(f"tables of this figure lack {name}, got {', '.join(tables)}")
        require_columns(tables[name], columns, f"table {name}")
        wrong = set(tables[name].get("reading", [])) - {"tanh"}
        if wrong:
            raise ValueError(f"table {name} must be of the reading tanh, got {', '.join(wrong)}")
    unknown = set(tables["escape"]["optimiser"]) - set(LOOKS)
    if unknown:
        raise ValueError(
            f"column optimiser of table escape holds {', '.join(sorted(unknown))}; allowed are "
            f"{', '.join(LOOKS)}"
        )
    if not (tables["recoverability"]["step_size"] == 0).any():
        raise ValueError("table recoverability lacks the row of gradient flow, step_size 0")
    return [tables[name] for name in COLUMNS]


def _escape_rows(escape: pd.DataFrame) -> pd.DataFrame:
    """Lay out the fraction of escaped runs against the step size."""
    names = {"optimiser": "line", "step_size": "x", "escaped": "y", "low": "y_low"}
    names |= {"high": "y_high", "settled": "settled", "diverged": "diverged"}
    rows = escape[list(names)].rename(columns=names)
    return rows.sort_values(["line", "x"]).assign(panel="escape")


def _loss_rows(paths: pd.DataFrame, last: float) -> pd.DataFrame:
    """Lay out the retain loss when descent-ascent stops, and after fine-tuning from there."""
    ends = paths.groupby("phase")["retraining"].last()
    gda = paths[(paths["phase"] == "gda") & (paths["time"] <= AFTER * last)]
    tuned = np.where(gda["returns"], ends["retraining"], ends["fine-tuning"])
    tables = [
        pd.DataFrame({"x": gda["time"], "y": loss, "line": line})
        for line, loss in zip(CURVES, (gda["retraining"], tuned), strict=True)
    ]
    return pd.concat(tables).assign(panel="loss")


def _step_rows(recoverability: pd.DataFrame) -> pd.DataFrame:
    """Lay out the last step from which fine-tuning returns, for each step size."""
    rows = recoverability[recoverability["step_size"] > 0].sort_values("step_size")
    rows = rows[["step_size", "steps"]].rename(columns={"step_size": "x", "steps": "y"})
    return rows.assign(panel="steps", line="gda")


def _largest_stable_step(paths: pd.DataFrame) -> float:
    """Return the step size past which gradient descent cannot rest where fine-tuning ends."""
    end = paths.loc[paths["phase"] == "fine-tuning", ["a", "b"]].iloc[-1].to_numpy(float)
    hessian = ToyLoss(WEIGHTS["retraining"], "tanh").hessian(end)
    return float(2 / np.linalg.eigvalsh(hessian)[-1])


def _draw_escape(axes: Axes, rows: pd.DataFrame, limit: float) -> None:
    """Draw a line for each optimiser; hollow marks where runs jump between the basins."""
    axes.axvline(limit, **LIMIT)
    for name, (colour, marker) in LOOKS.items():
        line = rows[rows["line"] == name]
        axes.plot(line["x"], line["y"], color=colour, linewidth=1.1, label=name)
        axes.vlines(line["x"], line["y_low"], line["y_high"], color=colour, linewidth=0.7)
        for settled, face in ((True, colour), (False, "white")):
            marks = line[(line["settled"] >= SETTLED) == settled]
            axes.plot(marks["x"], marks["y"], marker, color=colour, markerfacecolor=face,
                      markersize=4, clip_on=False, zorder=3)  # fmt: skip
    diverged = rows[rows["diverged"] > 0]
    axes.scatter(diverged["x"], diverged["y"], s=60 * diverged["diverged"] + 15, marker="s",
                 facecolors="none", edgecolors=DIVERGED, linewidths=1.2, clip_on=False,
                 zorder=4, gid="diverged")  # fmt: skip
    axes.set(xscale="log", ylim=(-0.02, 1))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}%"))
    axes.set_xlabel("Step size of fine-tuning", fontsize=TEXT)
    axes.set_ylabel("Runs outside the trap at the end", fontsize=TEXT)
    _finish(axes, "escape")


def _draw_loss(axes: Axes, rows: pd.DataFrame, flow: pd.Series) -> None:
    """Draw the retain loss along descent-ascent, before and after fine-tuning."""
    axes.axvspan(flow["time"], rows["x"].max(), **NO_RETURN)
    for line, style in CURVES.items():
        curve = rows[rows["line"] == line]
        axes.plot(curve["x"], curve["y"], **style)
    words = f"past t = {flow['time']:.3f},\n{100 * flow['progress']:.0f}% of GDA's\ndescent"
    axes.annotate(words, (flow["time"], 1.85), (6, 0), fontsize=SMALL, va="center",
                  textcoords="offset points")  # fmt: skip
    axes.set(xlim=(0, rows["x"].max()), ylim=(1.2, None))
    axes.set_xlabel("Time t of GDA (step × steps)", fontsize=TEXT)
    axes.set_ylabel("Retain loss", fontsize=TEXT)
    _finish(axes, "loss")


def _draw_steps(axes: Axes, rows: pd.DataFrame, last: float) -> None:
    """Draw how many steps descent-ascent may take, and the flow's time in such steps."""
    sizes = np.geomspace(rows["x"].min(), rows["x"].max(), 100)
    axes.plot(sizes, last / sizes, color="0.6", linewidth=1)
    middle = sizes[len(sizes) // 3]
    axes.annotate(f"{last:.3f} / step size", (middle, last / middle), (6, 4), fontsize=SMALL,
                  textcoords="offset points", color="0.35")  # fmt: skip
    axes.plot(rows["x"], rows["y"], "o", color="black", markersize=3.5, clip_on=False)
    axes.set(xscale="log", ylim=(-0.1, 2 * rows["y"].max()))
    axes.set_yscale("symlog", linthresh=1, linscale=0.5)
    axes.set_xlabel("Step size of GDA", fontsize=TEXT)
    axes.set_ylabel("Last step that can be undone", fontsize=TEXT)
    _finish(axes, "steps")


def _finish(axes: Axes, name: str) -> None:
    """Label a panel for whoever reads the figure's axes, and thin its lines."""
    axes.set_label(name)
    axes.xaxis.set_minor_formatter(NullFormatter())
    tidy(axes)


def _handles(drawn: pd.DataFrame) -> tuple[list[Artist], list[Artist]]:
    """Legend entries of the optimisers, and of everything else that occurs."""
    present = set(drawn.loc[drawn["panel"] == "escape", "line"])
    optimisers: list[Artist] = [
        Line2D([], [], color=colour, marker=marker, markersize=4, label=OPTIMISERS[name].label)
        for name, (colour, marker) in LOOKS.items()
        if name in present
    ]
    others: list[Artist] = [
        Line2D([], [], color="0.3", marker="o", markersize=4, markerfacecolor="white",
               linestyle="none", label="over 10% of runs change basin in the last half"),
        Line2D([], [], label="largest step at which descent can rest in the trap", **LIMIT),
        *(Line2D([], [], label=line, **style) for line, style in CURVES.items()),
        Patch(label="fine-tuning cannot return", **NO_RETURN),
    ]  # fmt: skip
    if (drawn["diverged"] > 0).any():
        others.append(
            Line2D([], [], color=DIVERGED, marker="s", markersize=5, markerfacecolor="none",
                   linestyle="none", label="some runs diverged (size: how many)")
        )  # fmt: skip
    return optimisers, others


def _notes(escape: pd.DataFrame) -> list[str]:
    """Say how the escapes were measured."""
    runs, steps, spread = (escape[name].iloc[0] for name in ("runs", "steps", "spread"))
    return [
        "Appendix B, tanh((1 + z)/2) with labels ±1",
        f"{runs} runs of {steps} steps each, from GDA's minimum ± {spread:g} in a and b",
        "bars: 95% Wilson intervals",
    ]
