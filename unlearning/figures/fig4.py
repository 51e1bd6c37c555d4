"""Figure 4: descent-ascent ends in retraining's local minimum, and fine-tuning stays there."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import ConnectionPatch
from matplotlib.patheffects import withStroke

from unlearning.figures.layout import Box, assemble, new_figure
from unlearning.figures.theme import COLOURS, SMALL, TEXT, tidy
from unlearning.theory.toy import SAMPLES, SIGNS, WEIGHTS, ToyLandscape, toy_landscape
from unlearning.theory.toy_runs import basin_border

COLUMNS = ["reading", "phase", "time", "a", "b", "pretraining", "gda", "retraining", "returns"]
TITLES = {"pretraining": "Pretraining", "gda": "GDA", "retraining": "Retraining"}
SHOWN = {"pretraining": ("gda",), "gda": ("gda",), "retraining": ("fine-tuning", "retraining")}
WINDOW = ((1.1, 3.1), (-1.65, 0.05))
LEVELS = np.geomspace(0.38, 6, 41)
NORM = LogNorm(LEVELS[0], LEVELS[-1])
GRID = 241
EDGE = [withStroke(linewidth=2.8, foreground="black")]
OUTLINE = [withStroke(linewidth=1.6, foreground="black")]
PATHS: dict[str, dict[str, Any]] = {
    "gda": {"color": "#FF9E4A", "linewidth": 1.5, "path_effects": EDGE},
    "fine-tuning": {"color": "#F7A8D8", "linewidth": 1.5, "path_effects": EDGE},
    "retraining": {"color": "#7FE0E6", "linewidth": 1.5, "path_effects": EDGE},
}
PATH_NAMES = {
    "gda": "path of GDA",
    "fine-tuning": "path of fine-tuning after it",
    "retraining": "path of retraining",
}
KIND_NAMES = {"point of no return": "last point from which fine-tuning returns"}
BORDER: dict[str, Any] = {"color": "white", "linewidth": 0.9, "linestyle": "--"}
MARKS: dict[str, dict[str, Any]] = {
    "global minimum": {"marker": "x", "s": 40, "linewidths": 1.6},
    "local minimum": {"marker": "o", "s": 46, "facecolors": "none", "linewidths": 1.4},
    "point of no return": {"marker": "_", "s": 90, "linewidths": 1.6},
}
WRONG, RIGHT = "#D55E00", "black"
# Places of up to five signs of a cluster, in points; forgotten ones come last.
PLACES = ((-4.6, 4), (-4.6, -4), (4.6, 4), (4.6, -4), (0, 0))
PLANE = ((-2.4, 5.6), (-4, 22))
BOUNDARIES = {"plane of GDA": ("gda", "fine-tuning"), "plane of retraining": ("retraining",)}
DASHES: dict[str, dict[str, Any]] = {
    "gda": {"color": "black", "linewidth": 1.1, "linestyle": "--"},
    "fine-tuning": {"color": "#C0529B", "linewidth": 2.4, "alpha": 0.55, "zorder": 1},
    "retraining": {"color": "black", "linewidth": 1.1, "linestyle": "--"},
}
WORDS = {
    "gda": ("GDA\nends here", -9),
    "fine-tuning": ("fine-tuning\nends here", -9),
    "retraining": ("retraining\nends here", 9),
}


def draw(
    tables: dict[str, pd.DataFrame], *, options: dict[str, Any]
) -> tuple[Figure, pd.DataFrame]:
    """Draw the three landscapes with the paths on them, and the decision boundaries they end in.

    Parameters
    ----------
    tables : dict of DataFrame
        `toy_paths`: what `descent_paths` returned.
    options : dict
        None are read.

    Returns
    -------
    figure : Figure
    drawn : DataFrame
        One row per mark: `panel`, `kind` (a mark, a path, a basin border, a boundary, or a
        sample), `a`, `b`, `loss` (of the panel's landscape; retraining's in the planes), `time`;
        for samples `x`, `x_squared`, `sign`, `points`, `forgotten` and `correct`.

    Raises
    ------
    ValueError
        When the table is missing, lacks a column or a phase, or is not of the reading `tanh`.
    """
    paths = _checked(tables)
    ends = paths.groupby("phase")[["a", "b"]].last()
    landscape = toy_landscape("tanh")
    drawn = pd.concat(
        [
            *(_landscape_rows(name, paths, landscape) for name in TITLES),
            *(_plane_rows(name, ends, landscape) for name in BOUNDARIES),
        ],
        ignore_index=True,
    )
    figure = new_figure()
    panels = {name: figure.add_axes((0, 0, 0.5, 0.5)) for name in [*TITLES, *BOUNDARIES, "bar"]}
    for name in TITLES:
        _draw_landscape(panels[name], drawn[drawn["panel"] == name], landscape)
    for name in BOUNDARIES:
        _draw_plane(panels[name], drawn[drawn["panel"] == name])
    _join(figure, panels, ends)
    _colour_bar(panels["bar"])
    for name in ("gda", "plane of GDA"):
        panels[name].tick_params(labelbottom=False)
        panels[name].set_xlabel("")
    side, gap = 1.7, 0.3
    boxes: dict[Axes, Box] = {
        panels["pretraining"]: (0, 0.62, 2.2, 2 * side + gap - 0.62),
        panels["bar"]: (0, 0, 2.2, 0.1),
        panels["gda"]: (2.75, side + gap, 1.95, side),
        panels["retraining"]: (2.75, 0, 1.95, side),
        panels["plane of GDA"]: (5.2, side + gap, side, side),
        panels["plane of retraining"]: (5.2, 0, side, side),
    }
    assemble(figure, boxes, [("", handles) for handles in _handles()], _notes(ends))
    return figure, drawn


def _checked(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the table of the paths, or say what it lacks."""
    if "toy_paths" not in tables:
        raise ValueError(f"tables of figure 4 must hold paths, got {', '.join(tables) or 'none'}")
    paths = tables["toy_paths"]
    missing = [name for name in COLUMNS if name not in paths]
    if missing:
        raise ValueError(f"table paths lacks the column(s) {', '.join(missing)}")
    wrong = set(paths["reading"]) - {"tanh"}
    if wrong:
        raise ValueError(f"table paths must be of the reading tanh, got {', '.join(sorted(wrong))}")
    absent = [phase for phase in PATHS if phase not in set(paths["phase"])]
    if absent:
        raise ValueError(f"table paths has no rows of the phase(s) {', '.join(absent)}")
    return paths


def _landscape_rows(name: str, paths: pd.DataFrame, landscape: ToyLandscape) -> pd.DataFrame:
    """Lay out the marks of one landscape; losses are those of this landscape."""
    tables = []
    for phase in SHOWN[name]:
        rows = paths.loc[paths["phase"] == phase, ["a", "b", "time", name]]
        tables.append(rows.rename(columns={name: "loss"}).assign(kind=f"path of {phase}"))
    if name != "pretraining":
        a, b = basin_border(landscape.losses["retraining"]).T
        border = pd.DataFrame({"a": a, "b": b, "loss": landscape.losses[name](a, b)})
        tables.append(border.assign(kind="border"))
    if name == "gda":
        rows = paths[(paths["phase"] == "gda") & paths["returns"]].iloc[[-1]]
        rows = rows[["a", "b", "time", name]].rename(columns={name: "loss"})
        tables.append(rows.assign(kind="point of no return"))
    minima = pd.DataFrame([minimum[:3] for minimum in landscape.minima[name]])
    minima = minima.set_axis(["a", "b", "loss"], axis=1)
    tables.append(minima.assign(kind=np.where(minima.index == 0, *list(MARKS)[:2])))
    return pd.concat(tables, ignore_index=True).assign(panel=name)


def _plane_rows(name: str, ends: pd.DataFrame, landscape: ToyLandscape) -> pd.DataFrame:
    """Lay out the samples and the boundaries of the models that the panel's phases end in."""
    ends = ends.loc[list(BOUNDARIES[name])]
    loss = landscape.losses["retraining"]
    samples = pd.DataFrame(
        {
            "kind": "sample",
            "x": SAMPLES,
            "x_squared": SAMPLES**2,
            "sign": SIGNS,
            "points": np.array(WEIGHTS["pretraining"], dtype=int),
            "forgotten": np.subtract(WEIGHTS["pretraining"], WEIGHTS["retraining"]).astype(int),
            "correct": loss.correct(ends.iloc[-1].to_numpy()),
        }
    )
    boundaries = ends.reset_index(names="kind")
    boundaries["kind"] = "boundary of " + boundaries["kind"]
    boundaries["loss"] = loss(boundaries["a"], boundaries["b"])
    return pd.concat([samples, boundaries], ignore_index=True).assign(panel=name)


def _draw_landscape(axes: Axes, rows: pd.DataFrame, landscape: ToyLandscape) -> None:
    """Draw contours of a loss, the paths on it, and its minima."""
    name = rows["panel"].iloc[0]
    grid = np.meshgrid(np.linspace(*WINDOW[0], GRID), np.linspace(*WINDOW[1], GRID))
    height = landscape.losses[name](*grid)
    axes.contourf(*grid, height, levels=LEVELS, norm=NORM, cmap=COLOURS, extend="both")
    axes.contour(*grid, height, levels=LEVELS, colors="black", linewidths=0.25, alpha=0.5)
    border = rows[rows["kind"] == "border"]
    axes.plot(border["a"], border["b"], **BORDER)
    for phase, style in PATHS.items():
        path = rows[rows["kind"] == f"path of {phase}"]
        axes.plot(path["a"], path["b"], solid_capstyle="round", zorder=3, **style)
    for layer, (kind, style) in enumerate(MARKS.items()):
        marks = rows[rows["kind"] == kind]
        axes.scatter(marks["a"], marks["b"], zorder=4 + layer, color="white", gid=kind,
                     path_effects=EDGE, **style)  # fmt: skip
    for phase in SHOWN[name] if name != "pretraining" else ():
        words, offset = WORDS[phase]
        end = rows[rows["kind"] == f"path of {phase}"].iloc[-1]
        axes.annotate(
            words, (end["a"], end["b"]), (offset, 0), textcoords="offset points", fontsize=SMALL,
            color="white", path_effects=OUTLINE, ha="left" if offset > 0 else "right",
            va="center", zorder=9,
        )  # fmt: skip
    axes.set(xlim=WINDOW[0], ylim=WINDOW[1], xticks=(1.5, 2, 2.5, 3), yticks=(-1.5, -1, -0.5, 0))
    axes.set_xlabel("a", fontsize=TEXT, labelpad=1)
    axes.set_ylabel("b", fontsize=TEXT, labelpad=0)
    axes.set_title(TITLES[name], fontsize=TEXT, pad=4, loc="left")
    axes.set_label(name)
    tidy(axes)


def _draw_plane(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the points of each cluster as signs, and the decision boundaries."""
    name = rows["panel"].iloc[0]
    x = np.array(PLANE[0])
    for phase in BOUNDARIES[name]:
        model = rows[rows["kind"] == f"boundary of {phase}"].iloc[0]
        axes.plot(x, -(1 + model["a"] * x) / model["b"], **DASHES[phase])
    samples = rows[rows["kind"] == "sample"]
    samples = samples.astype({"points": int, "forgotten": int, "correct": bool})
    for row in samples.to_dict("records"):
        for place in range(row["points"]):
            forgotten = place >= row["points"] - row["forgotten"]
            axes.annotate(
                "+" if row["sign"] > 0 else "−", (row["x"], row["x_squared"]),
                PLACES[place] if row["points"] > 1 else (0, 0), textcoords="offset points",
                fontsize=TEXT, fontweight="bold", ha="center", va="center",
                color=RIGHT if row["correct"] else WRONG, zorder=3,
                bbox={"boxstyle": "circle,pad=0.02", "facecolor": "0.75", "linewidth": 0}
                if forgotten else None,
            )  # fmt: skip
    kept = samples["points"] - samples["forgotten"]
    right = int(kept[samples["correct"]].sum())
    axes.set_title(
        f"{right} of {int(kept.sum())} retain points right", fontsize=TEXT, pad=4, loc="left"
    )
    axes.set(xlim=PLANE[0], ylim=PLANE[1], xticks=(-1, 1, 3, 4), yticks=(0, 5, 10, 15, 20))
    axes.set_xlabel("x", fontsize=TEXT, labelpad=1)
    axes.set_ylabel("x²", fontsize=TEXT, labelpad=0)
    axes.set_label(name)
    tidy(axes)


def _join(figure: Figure, panels: dict[str, Axes], ends: pd.DataFrame) -> None:
    """Join the end of GDA to that of fine-tuning, which lies almost at the same place."""
    line = ConnectionPatch(
        tuple(ends.loc["gda"]), tuple(ends.loc["fine-tuning"]), "data", "data",
        axesA=panels["gda"], axesB=panels["retraining"], color="black", linewidth=1.2,
        linestyle=":", shrinkA=5, shrinkB=4,
    )  # fmt: skip
    figure.add_artist(line)


def _colour_bar(axes: Axes) -> None:
    """Turn `axes` into the colour bar of the losses."""
    bar = axes.figure.colorbar(
        ScalarMappable(NORM, COLOURS), cax=axes, orientation="horizontal", extend="both"
    )
    bar.set_ticks([0.5, 1, 2, 4], labels=["0.5", "1", "2", "4"])
    bar.ax.minorticks_off()
    bar.set_label("Loss", fontsize=TEXT, labelpad=1)
    bar.outline.set_linewidth(0.5)
    axes.tick_params(labelsize=SMALL + 1, width=0.5, length=2)


def _handles() -> tuple[list[Artist], list[Artist]]:
    """Legend entries of the landscapes, and of the planes."""
    landscapes: list[Artist] = [
        Line2D([], [], label=KIND_NAMES.get(kind, kind), marker=style["marker"], linestyle="none",
               markersize=style["s"] ** 0.5, markeredgewidth=style["linewidths"],
               markerfacecolor="none", markeredgecolor="white", path_effects=EDGE)
        for kind, style in MARKS.items()
    ]  # fmt: skip
    border = BORDER | {"color": "0.4"}
    landscapes.append(Line2D([], [], label="border of retraining's two basins", **border))
    landscapes += [
        Line2D([], [], label=PATH_NAMES[phase], **style) for phase, style in PATHS.items()
    ]
    sign: dict[str, Any] = {"linewidth": 0, "marker": "$+$", "markersize": 6}
    planes: list[Artist] = [
        Line2D([], [], label="decision boundary", **DASHES["gda"]),
        Line2D([], [], label="the same after fine-tuning", **DASHES["fine-tuning"]),
        Line2D([], [], label="misclassified", color=WRONG, **sign),
        Line2D([], [], label="forget set", linewidth=0, marker="o", markersize=8, color="0.75"),
    ]
    return landscapes, planes


def _notes(ends: pd.DataFrame) -> list[str]:
    """Say what the landscapes are, and how little fine-tuning moves."""
    moved = np.linalg.norm(ends.loc["fine-tuning"] - ends.loc["gda"])
    apart = np.linalg.norm(ends.loc["fine-tuning"] - ends.loc["retraining"])
    return [
        "Appendix B, tanh((1 + z)/2) with labels ±1",
        "gradient descent with small steps",
        f"fine-tuning moves by {moved:.2g} and ends {apart:.2g} from the retrained model",
    ]
