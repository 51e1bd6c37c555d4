"""The pictures are Vega-Lite, and draw what the figures draw."""

import pytest
import vl_convert

from unlearning.exploring import charts
from unlearning.exploring.charts import MEANINGS
from unlearning.figures.plane import MARKS

COST = {"type": "linear", "domain": [0, 1], "clamp": True}


def layers(spec, mark):
    return [each for each in spec["spec"]["layer"] if each["mark"]["type"] == mark]


@pytest.mark.parametrize("marks", [list(MARKS), ["oracle", "grid"]])
def test_the_planes_compile_and_their_legend_has_what_occurs(marks):
    spec = charts.planes(marks, COST)
    vl_convert.vegalite_to_vega(spec)
    [points] = [each for each in layers(spec, "point") if "shape" in each["encoding"]]
    meanings = points["encoding"]["shape"]["scale"]["domain"]
    assert meanings == [meaning for mark, meaning in MEANINGS.items() if mark in marks]
    assert {mark["marker"] for mark in MARKS.values()} == set(charts.SHAPES)


def test_shapes_alone_tell_methods_of_control_and_baselines_apart():
    spec = charts.planes(list(MARKS), COST)
    [points] = [each for each in layers(spec, "point") if "shape" in each["encoding"]]
    looks = zip(
        *(points["encoding"][name]["scale"]["range"] for name in ("shape", "size")), strict=True
    )
    assert len(set(looks)) == len(MARKS)


def test_bands_reach_from_nothing_to_the_floor():
    across, up = layers(charts.planes(["oracle"], COST), "rect")
    assert across["encoding"]["x"]["field"] == "x_floor" and "y" not in across["encoding"]
    assert up["encoding"]["y"]["field"] == "y_floor" and up["encoding"]["y2"] == {"datum": 0}


def test_a_logarithmic_bar_is_labelled_at_powers_of_ten():
    spec = charts.planes(["grid"], {"type": "log", "domain": [3e-4, 0.75], "clamp": True})
    vl_convert.vegalite_to_vega(spec)
    assert '"values": [0.001, 0.01, 0.1]' in str(spec).replace("'", '"')


def test_histograms_compile_in_their_order():
    spec = charts.histogram()
    vl_convert.vegalite_to_vega(spec)
    assert spec["facet"]["row"]["sort"] == list(charts.ENSEMBLES.values())
