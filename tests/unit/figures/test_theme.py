"""A person's own matplotlib settings change no figure."""

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from tests.helpers.study import ROOT
from unlearning.figures.files import save_figure
from unlearning.figures.theme import applied

OWN = {
    "text.usetex": True,
    "font.size": 30,
    "savefig.bbox": "tight",
    "savefig.dpi": 20,
    "axes.prop_cycle": matplotlib.cycler(color=["red"]),
    "pdf.fonttype": 42,
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


def test_every_script_that_saves_a_figure_draws_it_so():
    scripts = [path.read_text() for path in (ROOT / "workflow" / "scripts").glob("*.py")]
    drawing = [text for text in scripts if "save_figure(" in text]
    assert len(drawing) >= 4
    for text in drawing:
        before, _, inside = text.partition("with applied():\n")
        assert "save_figure(" in inside and "draw(" in inside and "draw(" not in before
