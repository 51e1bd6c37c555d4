"""A method outside of the repository is planned with its code, and stands behind its figures."""

import re

import pytest
import yaml
from snakemake.utils import update_config

from tests.helpers.plans import CONFIG, declared, dry_run, named
from unlearning.provenance import lineage

OVERLAY = """
run: {forget_sets: ["1"], methods: [mine]}
methods:
  mine:
    file: methods/mine.py
    sweep: {learning_rate: [0.1]}
    snapshots: {epochs: [1]}
    fixed: {batch_size: 64}
    controls: [{learning_rate: [0.0]}]
"""
METHOD = "import helper\ndef unlearn(net, retain_loader, *, learning_rate, epochs):\n    yield 1\n"


def write(folder, method=METHOD):
    (folder / "methods").mkdir()
    (folder / "methods" / "mine.py").write_text(method)
    (folder / "methods" / "helper.py").write_text("")
    (folder / "study.yaml").write_text(OVERLAY)
    return ["--configfile", folder / "study.yaml"]


def test_the_code_of_a_figure_is_that_of_the_method_and_its_siblings(tmp_path, monkeypatch):
    overlay = write(tmp_path)
    planned = declared(tmp_path, "fig6", *overlay)
    monkeypatch.chdir(tmp_path)
    config = yaml.safe_load(yaml.safe_dump(CONFIG))
    update_config(config, yaml.safe_load(OVERLAY))
    code = named(lineage.code_behind(config, "fig6"))
    # A listing calls them as they lie beside the method, so that a method may move.
    beside = {name.replace("./methods/", "./") for name in code["unlearn"]}
    assert planned["unlearn"] == beside
    assert {"./methods/mine.py", "./methods/helper.py"} <= code["unlearn"]
    assert not any(name.startswith("./") for name in code["score_method"])


def test_a_bad_file_is_left_out_in_one_sentence_and_the_other_methods_go_on(tmp_path):
    overlay = write(tmp_path, METHOD.replace("net, ", "net, learner, "))
    only = dry_run(tmp_path, "fig6", *overlay)
    printed = only.stdout + only.stderr
    sentence = "config: methods.mine: methods/mine.py, line 2: unlearn takes learner, net"
    assert only.returncode != 0 and "Traceback" not in printed and "Job stats" not in printed
    assert printed.count(sentence) == 1
    (tmp_path / "study.yaml").write_text(OVERLAY.replace("[mine]", "[mine, ga]"))
    done = dry_run(tmp_path, "fig6", *overlay)
    printed = done.stdout + done.stderr
    assert done.returncode == 1 and "Traceback" not in printed
    assert printed.count(sentence) == 2
    assert printed.index("mine is left out") < printed.index("Job stats")
    assert printed.count("(study.yaml, line 4)") == 2
    assert f"mine was left out: {sentence}" in printed.split("This was a dry-run")[1]
    jobs = printed.split("Job stats:")[1]
    assert "method=ga" in jobs and "method=mine" not in jobs
    assert not (tmp_path / "results").exists()


def test_a_file_that_a_method_needs_is_an_input_of_its_jobs_alone(tmp_path):
    overlay = write(tmp_path, METHOD.replace("epochs", "teacher, epochs", 1))
    text = OVERLAY.replace("[mine]", "[mine, ga]").replace(
        "controls", "needs: [teacher]\n    controls"
    )
    (tmp_path / "study.yaml").write_text(text + "needs: {files: {teacher: other/net.pt}}\n")
    done = dry_run(tmp_path, "fig6", *overlay)
    printed = done.stdout + done.stderr
    assert done.returncode == 1
    assert "teacher is needs.files.teacher, and other/net.pt is not a file" in printed
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "net.pt").touch()
    printed = dry_run(tmp_path, "fig6", *overlay).stdout
    jobs = re.findall(r"^rule unlearn:\n +input: (.*)\n +output: (\S*),", printed, re.MULTILINE)
    assert jobs and {"/mine/" in made for _, made in jobs} == {True, False}
    assert all(("other/net.pt" in read) == ("/mine/" in made) for read, made in jobs)


@pytest.mark.parametrize("given", ["mine", "[mine, ga]"])
def test_a_method_is_left_out_where_the_study_is_told_to_and_that_is_a_success(tmp_path, given):
    """Whether it could be run or not, and with whatever collects tables of methods."""
    overlay = write(tmp_path, METHOD.replace("net, ", "net, learner, "))
    text = OVERLAY.replace("[mine]", "[mine, ga, gda]")
    text += "figures: {fig2: {methods: [gda]}, fig6: {methods: [mine, gda]}}\n"
    (tmp_path / "study.yaml").write_text(text)
    done = dry_run(tmp_path, "league", "fig6", *overlay, "--config", f"leave_out={given}")
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed[-3000:]
    named = "mine, ga" if "ga" in given else "mine"
    assert f"Left out, as leave_out says: {named}\n" in printed.split("This was a dry-run")[1]
    assert "config: methods.mine" not in printed
    jobs = printed.split("Job stats:")[1]
    assert "klom/gda/1.csv" in jobs and "mine" not in jobs.split("This was a dry-run")[0]
    assert ("klom/ga/1.csv" in jobs) == (given == "mine")


def test_what_is_wrong_beside_the_methods_stops_all_with_its_line(tmp_path):
    write(tmp_path)
    (tmp_path / "study.yaml").write_text(OVERLAY + "ensemble: {members: 0}\n")
    done = dry_run(tmp_path, "fig6", "--configfile", tmp_path / "study.yaml")
    printed = done.stdout + done.stderr
    assert done.returncode == 1 and "Job stats" not in printed
    where = "(study.yaml, line 10)"
    assert f"config: ensemble.members: 0 is less than the minimum of 2 {where}" in printed


def test_a_new_method_needs_a_name(tmp_path):
    done = dry_run(tmp_path, "new_method")
    assert done.returncode != 0
    assert "new_method: give it a name: --config name=mine" in done.stdout + done.stderr
