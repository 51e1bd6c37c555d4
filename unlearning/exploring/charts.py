"""The pictures of the page as Vega-Lite has them: the script fills in data, titles and sizes."""

from collections.abc import Sequence
from math import cos, pi, sin
from typing import Any

import altair as alt

from unlearning.figures import plane
from unlearning.figures.plane import CAP, LIMIT, MARKS, is_coloured
from unlearning.figures.theme import BLUE, DIVERGED, ORANGE

#: Names of what the script sets.
DATA, POINTED, PATH, PINS = "runs", "pointed", "path", "pins"
#: The rows of a histogram: their names, and which is no ensemble but what KLoM adds up.
ENSEMBLES = {
    "pretrained": "pretrained members",
    "oracle": "oracles: share q of members",
    "unlearned": "this run: share p of members",
    "terms": "p ln(p / q): KLoM is their sum",
}
BEYOND = "and beyond"
#: As in figures, but that diverged runs stand side by side here: each can be pointed at.
MEANINGS = {**plane.MEANINGS, "diverged": "diverged run, drawn above the cap"}
#: Square pixels of a mark for each square point in a figure.
AREA = 2.4
GREY = "#bfbfbf"
SHAPES = {
    "o": "circle",
    "D": "diamond",
    "^": "triangle-up",
    "s": "square",
    "x": "M-.8,-.8L.8,.8M-.8,.8L.8,-.8",
    "+": "M-1,0L1,0M0,-1L0,1",
    "*": "M"
    + "L".join(
        f"{radius * sin(turn * pi / 5):.3f},{-radius * cos(turn * pi / 5):.3f}"
        for turn, radius in enumerate((1, 0.42) * 5)
    )
    + "Z",
}

FONT = "system-ui, sans-serif"
CONFIG: dict[str, Any] = {
    "font": FONT,
    "background": "white",
    "view": {"stroke": "#555", "strokeWidth": 0.5},
    "axis": {"grid": False, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"},
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal",
               "labelLimit": 0, "titleLimit": 0},
    "header": {"labelFontSize": 12, "labelFontWeight": "bold", "title": None, "labelLimit": 0},
}  # fmt: skip


def _of(mark: str, layer: alt.Chart) -> alt.Chart:
    return layer.transform_filter(f"datum.mark == '{mark}'")


def planes(marks: Sequence[str], cost: dict[str, Any]) -> dict[str, Any]:
    """Return the KLoM planes, one a method and forget set, with what `figures.plane` draws in them.

    Parameters
    ----------
    marks : those of `figures.plane.MARKS` that occur
    cost : the colour scale, as `runs.cost_scale` returns it

    Returns
    -------
    dict
        A specification whose data are called `DATA`, one row a run and plane: ``panel``, ``id``,
        ``name``, ``path``, ``mark``, ``what`` (of the mark), ``epoch``, ``cost``, ``x`` and ``y``
        with ``_low``, ``_high`` and, of the oracle, ``_floor``. `POINTED` is the id of the run that
        is pointed at, `PATH` its path, `PINS` the ids of those that are pinned.
    """
    base = alt.Chart(alt.NamedData(name=DATA))
    scale = alt.Scale(domain=[0, LIMIT], nice=False)
    x = alt.X("x:Q", scale=scale, axis=alt.Axis(values=[0, 2, 4, 6, 8, 10, 12]), title="X")
    y = alt.Y("y:Q", scale=scale, axis=alt.Axis(values=[0, 2, 4, 6, 8, 10, 12]), title="Y")
    place: dict[str, Any] = {"x": x, "y": y}

    zero = alt.datum(0)
    band = base.mark_rect(color="#808080", opacity=0.2, aria=False)
    bands = [
        _of("oracle", band).encode(x=alt.X("x_floor:Q", scale=scale, title="X"), x2=zero),
        _of("oracle", band).encode(y=alt.Y("y_floor:Q", scale=scale, title="Y"), y2=zero),
    ]
    cap = base.mark_rule(strokeDash=[1, 3], color="#333", aria=False)
    at_cap = alt.datum(CAP, type="quantitative")
    caps = [_of("oracle", cap).encode(x=at_cap), _of("oracle", cap).encode(y=at_cap)]
    stopped = _of("stopped", base.mark_line(color="#333", strokeWidth=0.7, aria=False))
    joined = base.mark_line(color="black", strokeWidth=1.4, strokeDash=[5, 3], aria=False)
    on_path = f"{PATH} != '' && (datum.path == {PATH} || datum.mark == 'pretrained')"
    path = joined.transform_filter(on_path).encode(**place, order="epoch:Q", detail="panel:N")
    near = f"datum.id == {POINTED} || indexof({PINS}, datum.id) >= 0"
    ends = base.mark_rule(color="black", strokeWidth=1, aria=False).transform_filter(near)
    intervals = [
        ends.encode(x="x_low:Q", x2="x_high:Q", y=y),
        ends.encode(y="y_low:Q", y2="y_high:Q", x=x),
    ]
    # What reaches beyond a plane would push its heading away: rings are cut, and the letter of a
    # run that has diverged stands below it. Those of two that lie close do not cover each other.
    rings = base.mark_point(
        shape="circle", size=330, fill=None, aria=False, strokeWidth=2, clip=True
    )
    first = f"indexof({PINS}, datum.id) == 0"
    letters = base.mark_text(
        dx=alt.ExprRef(f"{first} ? -12 : 12"),
        dy=alt.ExprRef("datum.mark == 'diverged' ? 13 : -11"),
        fontWeight="bold",
        fontSize=13,
        aria=False,
    )
    highlights = [
        rings.transform_filter(near).encode(**place, stroke=alt.value("black")),
        letters.transform_filter(f"indexof({PINS}, datum.id) >= 0").encode(
            **place, text=alt.Text("letter:N")
        ).transform_calculate(letter=f"{first} ? 'A' : 'B'"),
    ]  # fmt: skip
    header = alt.Header(title=None, labelExpr="split(datum.label, ' · ')")  # a part a line
    chart = alt.layer(
        *bands,
        *caps,
        stopped.encode(**place, order="epoch:Q"),
        path,
        *intervals,
        _marks(base, marks, cost).encode(**place),
        *highlights,
    ).facet(facet=alt.Facet("panel:N", header=header), columns=3)
    parameters = [alt.param(name=POINTED, value=""), alt.param(name=PATH, value="")]
    chart = chart.add_params(*parameters, alt.param(name=PINS, value=[]))
    spec: dict[str, Any] = chart.configure(**CONFIG).to_dict(validate=False)
    return spec


def _marks(base: alt.Chart, marks: Sequence[str], cost: dict[str, Any]) -> alt.Chart:
    """Return the layer of all marks, as `figures.plane.MARKS` has them; it finds the nearest."""
    occurring = [mark for mark in MEANINGS if mark in marks]
    meanings = [MEANINGS[mark] for mark in occurring]

    def each(channel: Any, values: Sequence[Any]) -> Any:
        # All of one field and domain: their legends become one, with each mark as it is drawn.
        legend = alt.Legend(title=None, orient="bottom")
        scale = alt.Scale(domain=meanings, range=list(values))
        return channel("what:N", scale=scale, legend=legend, sort=meanings)

    styles = [MARKS[mark] for mark in occurring]
    edges = [DIVERGED if mark == "diverged" else "black" for mark in occurring]
    looks: dict[str, Any] = {
        "shape": each(alt.Shape, [SHAPES[style["marker"]] for style in styles]),
        "size": each(alt.Size, [AREA * style["s"] for style in styles]),
        "stroke": each(alt.Stroke, edges),
        "strokeWidth": each(alt.StrokeWidth, [max(0.5, style["linewidths"]) for style in styles]),
    }
    empty = [mark for mark in occurring if not is_coloured(mark) and mark != "oracle"]
    # The first is also what the legend shows: outlines.
    none = f"indexof({empty}, datum.mark) >= 0"
    fill = alt.Fill(
        "cost:Q",
        scale=alt.Scale(scheme="cividis", **cost),
        legend=alt.Legend(title="Work, in % of one retraining", orient="bottom", gradientLength=180,
                          labelExpr="format(100 * datum.value, '.3~g')", **_ticks(cost)),
        condition=[
            {"test": none, "value": "transparent"},
            {"test": "datum.mark == 'oracle'", "value": "black"},
            {"test": f"!isValid(datum.cost) || {str(cost['type'] == 'log').lower()} && "
                     "datum.cost <= 0", "value": GREY},
        ],
    )  # fmt: skip
    nearest = alt.selection_point(name="near", nearest=True, on="pointerover", fields=["id"])
    layer = base.mark_point(opacity=1, cursor="pointer")
    return layer.encode(**looks, fill=fill, description=alt.Description("name:N")).add_params(
        nearest
    )


def _ticks(cost: dict[str, Any]) -> dict[str, Any]:
    """Return where the colour bar has labels: on a logarithmic scale at powers of ten."""
    low, high = cost["domain"]
    if cost["type"] == "linear":
        return {"tickCount": 5}
    powers = [10.0**power for power in range(-8, 3)]
    return {"values": [power for power in powers if low <= power <= high] or [low, high]}


def histogram() -> dict[str, Any]:
    """Return the histograms of one image, one row of bars an ensemble.

    Returns
    -------
    dict
        A specification whose data are called ``bars``: ``ensemble``, ``low``, ``high``, ``height``,
        ``term`` and ``end``: of a bar that stands for all that lies farther, ``left`` or ``right``.
        What has ``reach`` is no bar, but how high its row has to be.
    """
    base = alt.Chart(alt.NamedData(name="bars"))
    scale = alt.Scale(nice=False, zero=False)
    x = alt.X("low:Q", bin="binned", title="margin", scale=scale)
    y = alt.Y("height:Q", title=None, axis=alt.Axis(tickCount=3))
    shown = base.transform_filter("!datum.reach")
    bars = shown.mark_bar(stroke="white", strokeWidth=0.4).encode(
        x=x,
        x2="high:Q",
        y=y,
        fill=alt.condition("datum.term", alt.value(ORANGE), alt.value(BLUE)),
        description=alt.Description("description:N"),
    )
    sides: dict[Any, str] = {"left": "low", "right": "high"}
    labels = [
        base.mark_text(align=side, fontSize=11, aria=False)
        .transform_filter(f"datum.end == '{side}'")
        .encode(
            x=alt.X(f"{edge}:Q", title="margin", scale=scale),
            y=alt.value(6),
            text=alt.value(BEYOND),
        )
        for side, edge in sides.items()
    ]
    reach = base.mark_point(opacity=0, aria=False).transform_filter("datum.reach")
    chart = alt.layer(bars, *labels, reach.encode(y=y)).properties(height=62)
    header = alt.Header(title=None, labelOrient="top", labelAnchor="start", labelPadding=2)
    order = list(ENSEMBLES.values())
    rows = chart.facet(row=alt.Row("ensemble:N", sort=order, header=header), spacing=6)
    resolved = rows.resolve_scale(y="independent")
    spec: dict[str, Any] = resolved.configure(**CONFIG).to_dict(validate=False)
    return spec
