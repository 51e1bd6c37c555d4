"""The page needs scores and what is behind them; an edit of its script writes it again alone."""

import yaml

from tests.helpers.plans import counts, declared
from tests.helpers.study import ROOT
from unlearning.exploring.page import SCRIPTS, WEB

SMALL = {
    "ensemble": {"members": 10, "floor_members": 10, "chunk": 10},
    "run": {"forget_sets": ["1", "2"], "methods": ["ga"]},
}


def test_a_page_samples_each_forget_set_once(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(SMALL))
    plan = counts(tmp_path, "explore", "--configfile", path)
    page = {"sample_points": 2, "bundle_library": 1, "write_explore": 1, "explore": 1}
    assert page.items() <= plan.items()
    assert plan["score_method"] == plan["score_baselines"] == 2
    assert not {"collect_scores", "draw_figure"} & plan.keys()


def test_the_script_is_code_of_the_page_alone(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(SMALL))
    code = declared(tmp_path, "explore", "--configfile", path)
    parts = {f"unlearning/exploring/web/{name}.js" for name in SCRIPTS}
    assert parts == {str(path.relative_to(ROOT)) for path in WEB.glob("*.js")}
    assert [rule for rule, files in code.items() if parts & files] == ["write_explore"]
    assert parts < code["write_explore"]
    drawing = {"unlearning/exploring/charts.py", "unlearning/figures/plane.py"}
    assert not drawing & code["sample_points"] and drawing <= code["write_explore"]
