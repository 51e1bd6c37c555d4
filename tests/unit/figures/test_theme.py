"""A person's own matplotlib settings change no figure."""

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from tests.helpers.study import ROOT
from unlearning.figures.files import save_figure
from unlearning.figures.theme import PALETTE, TEXT, applied

OWN = {
    "text.usetex": True,
    "font.size": 30,
    "savefig.bbox": "tight",
    "savefig.dpi": 20,
    "axes.prop_cycle": matplotlib.cycler(color=["red"]),
    "pdf.fonttype": 42,
    "font.family": ["serif"],
    "axes.spines.top": False,
}


def saved(folder):
    folder.mkdir()
    with applied():
        figure = Figure()
        figure.add_subplot(title="KLoM, 5 %").plot([1, 2], [2, 1])
        files = {kind: str(folder / f"figure.{kind}") for kind in ("png", "pdf", "csv")}
        save_figure(figure, **files, drawn=pd.DataFrame({"x": [1]}), title="a figure")
    return [(folder / f"figure.{kind}").read_bytes() for kind in ("png", "pdf")]


def test_settings_of_ones_own_change_nothing_and_stay(tmp_path):
    plain = saved(tmp_path / "plain")
    with matplotlib.rc_context(OWN):
        assert saved(tmp_path / "own") == plain
        assert matplotlib.rcParams["font.size"] == 30


def test_figures_have_the_sizes_and_the_colours_of_the_theme():
    before = matplotlib.colors.to_hex("g")
    with applied():
        assert matplotlib.rcParams["font.size"] == TEXT
        assert matplotlib.rcParams["font.sans-serif"] == ["DejaVu Sans"]
        cycle = matplotlib.rcParams["axes.prop_cycle"].by_key()["color"]
        assert [matplotlib.colors.to_hex(colour).upper() for colour in cycle] == list(PALETTE)
        assert matplotlib.colors.to_hex("g") == before  # its code is not given another meaning


def test_colours_stay_apart_for_the_colour_blind():
    """By what protanopes and deuteranopes see: the palette in Vienot's two-dimensional colours."""
    rgb = np.array([matplotlib.colors.to_rgb(colour) for colour in PALETTE])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    for red, green, blue_red in ((0.112, 0.888, 0.004), (0.293, 0.707, -0.022)):
        merged = linear[:, 0] * red + linear[:, 1] * green
        seen = np.stack([merged, linear[:, 2] + blue_red * (linear[:, 0] - linear[:, 1])], axis=1)
        seen = np.cbrt(np.clip(seen, 0, 1))  # as lightness is felt
        apart = np.linalg.norm(seen[:, None] - seen[None], axis=2)
        assert apart[np.triu_indices(len(PALETTE), 1)].min() > 0.08


def test_every_script_that_saves_a_figure_draws_it_so():
    scripts = [path.read_text() for path in (ROOT / "workflow" / "scripts").glob("*.py")]
    drawing = [text for text in scripts if "save_figure(" in text]
    assert len(drawing) >= 4
    for text in drawing:
        before, _, inside = text.partition("with applied():\n")
        assert "save_figure(" in inside and "draw(" in inside and "draw(" not in before
