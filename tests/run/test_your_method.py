"""The page on bringing a method does what it says: its commands, one after another."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.helpers.study import ROOT, planned, snakemake

PAGE = ROOT / "docs" / "your_method.md"
FIG6 = "results/digits/figures/fig6"


def commands():
    """Return the lines of the page that a reader types, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def typed(folder, command):
    """Run a line as it stands, with the Snakemake of these tests."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def study(finished, tmp_path_factory):
    """Return a finished default study of one's own."""
    folder = tmp_path_factory.mktemp("mine") / "study"
    shutil.copytree(finished, folder)
    return folder


def test_the_commands_of_the_page_draw_the_method(study):
    """A method that is new, drawn, edited and drawn again; nothing else is trained."""
    new, plan, draw, edit, again = commands()
    typed(study, new)
    assert {path.name for path in study.glob("mine.*")} == {"mine.py", "mine.yaml"}
    typed(study, plan)
    expected = {"unlearn": 27, "score_method": 9, "draw_figure": 1}
    asked = ("fig6", "--configfile", "mine.yaml")
    assert planned(study, *asked).items() >= expected.items()
    assert not [rule for rule in planned(study, *asked) if rule.startswith("train")]
    typed(study, draw)
    drawn = pd.read_csv(study / f"{FIG6}.csv", comment="#")
    assert {"ga", "gda", "scrub", "mine"} <= set(drawn["method"])
    first = drawn[drawn["method"] == "mine"]
    assert planned(study, *asked) == {}
    typed(study, edit)
    assert planned(study, *asked).items() >= expected.items()
    typed(study, again)
    second = pd.read_csv(study / f"{FIG6}.csv", comment="#").query("method == 'mine'")
    assert len(first) == len(second) and not first.equals(second)


def test_a_method_that_fails_lets_the_others_go_on(study):
    """One job of it fails with file and line; the other methods' tables are made."""
    (study / "broken.py").write_text(
        "CALLS = []\n\n\ndef unlearn(net, retain_loader, *, learning_rate: float):\n"
        "    CALLS.append(1)\n    return net if len(CALLS) < 4 else net.weight\n"
    )
    (study / "broken.yaml").write_text(
        "run: {forget_sets: ['1'], methods: [broken, ga]}\n"
        "methods: {broken: {file: broken.py, sweep: {learning_rate: [0.0]}, "
        "snapshots: {epochs: [1]}, fixed: {batch_size: 64}, controls: []}}\n"
    )
    (study / "results" / "digits" / "klom" / "ga" / "1.csv").unlink()
    asked = ("scores", "--configfile", "broken.yaml")
    printed = snakemake(study, *asked, "--cores", "1", check=False)
    expected = "broken.py, line 6: AttributeError: 'Sequential' object has no attribute 'weight'"
    assert f"MethodError: {expected} (member 3)" in printed
    assert "Traceback" not in printed, "how it came to that is in the log"
    assert "Traceback" in (study / "logs/digits/unlearned/broken/lr0/1/0-99.log").read_text()
    results = study / "results" / "digits"
    assert (results / "klom" / "ga" / "1.csv").is_file()
    (hint,) = re.findall("To have the others without broken: (.*)", printed)
    (results / "scores.csv").unlink(missing_ok=True)
    printed = snakemake(study, *asked, *hint.split())
    assert "Left out, as leave_out says: broken" in printed
    methods = set(pd.read_csv(results / "scores.csv", comment="#")["method"])
    assert "ga" in methods and "broken" not in methods


def test_a_method_that_cannot_be_run_is_left_out_and_missed_at_the_end(study):
    """All else is made in one run, which is no success, and neither is one with nothing to do."""
    (study / "typo.py").write_text("def unlern(net, retain_loader, *, learning_rate: float): 0\n")
    (study / "typo.yaml").write_text(
        "run: {forget_sets: ['1'], methods: [typo, ga]}\n"
        "methods: {typo: {file: typo.py, sweep: {learning_rate: [0.0]}, "
        "snapshots: {epochs: [1]}, fixed: {batch_size: 64}, controls: []}}\n"
    )
    results = study / "results" / "digits"
    table = results / "klom" / "ga" / "1.csv"
    table.unlink()
    (results / "scores.csv").unlink()
    sentence = (
        r"typo was left out: config: methods\.typo: typo\.py defines no function unlearn; it has "
    )
    for _ in range(2):
        with pytest.raises(
            AssertionError, match=sentence + r"unlern in line 1 \(typo\.yaml, line 2\)"
        ):
            snakemake(study, "scores", "--configfile", "typo.yaml")
        assert table.is_file()
    scores = pd.read_csv(results / "scores.csv")
    assert "ga" in set(scores["method"]) and "typo" not in set(scores["method"])
