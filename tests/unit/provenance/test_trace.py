"""What stands behind a figure is counted from the study and from what jobs recorded."""

import hashlib
import subprocess
from collections import Counter
from html.parser import HTMLParser

import pandas as pd
import pytest
import yaml
from matplotlib.figure import Figure

from unlearning.figures.files import save_figure
from unlearning.planning.costs import Costs
from unlearning.provenance import lineage, trace
from unlearning.provenance.lineage import Job
from unlearning.provenance.page import provenance_page
from unlearning.study import design
from unlearning.study.sources import ROOT

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
CONFIG["ensemble"]["chunk"] = 50


def record(job, device="H100", seconds=(1.0, 3.0)):
    members = design.chunk_members(job.chunk)
    place = {"device_name": device, "torch": "2.12.1", "python": "3.11.7", "threads": "1"}
    place |= {"strategy": "a loop"}
    return {"members": members, "seconds": list(seconds), **place}


def rules(figure):
    jobs = lineage.jobs_behind(CONFIG, figure)
    assert len(set(jobs)) == len(jobs)
    return dict(Counter(job.rule for job in jobs))


def test_jobs_behind_each_figure():
    ga, gda = 4, 2
    assert rules("fig2") == {"train_pretrained": 2, "train_oracle": 4, "unlearn": 2 * ga}
    assert rules("fig1") == {
        "train_datamodels": 4,
        "train_pretrained": 2,
        "train_oracle": 4,
        "unlearn": 2 * (ga + gda),
    }
    assert rules("random_sets") == {
        "train_pretrained": 2,
        "train_oracle": 3 * 2,
        "unlearn": 3 * 2 * (ga + 2 * gda),
    }
    assert rules("forget_sets") == {"train_datamodels": 4}
    every = lineage.all_jobs(CONFIG, lineage.figures(CONFIG))
    assert len(set(every)) == len(every) == 4 + 2 + 9 * 4 + 9 * 2 * (ga + 2 * gda)


def test_a_study_without_random_sets_has_no_such_figure():
    config = CONFIG | {"run": {"forget_sets": ["4"], "methods": ["ga"]}}
    assert lineage.figures(CONFIG)[-1] == "random_sets"
    assert "random_sets" not in lineage.figures(config)


def test_tables_behind_each_figure():
    assert lineage.tables_behind(CONFIG, "fig1") == [
        "klom/baselines/5.csv",
        "klom/ga/5.csv",
        "klom/gda/5.csv",
    ]
    assert lineage.tables_behind(CONFIG, "random_sets")[2] == "random_sets/3.csv"
    assert lineage.tables_behind(CONFIG, "forget_sets") == []


def test_seconds_of_branches_are_added():
    assert trace.seconds({"seconds": [1.0, 4.0], "epochs": [3, 24]}) == 4.0
    branches = [[5, 3], [10, 3], [5, 5], [10, 5]]
    assert trace.seconds({"snapshots": branches, "seconds": [1.0, 2.0, 4.0, 8.0]}) == 10.0
    assert trace.seconds({"snapshots": [[1, None], [3, None]], "seconds": [1.0, 2.0]}) == 2.0


def test_work_is_the_sum_of_what_was_recorded():
    jobs = [Job("train_oracle", chunk, "2") for chunk in ("0-49", "50-99", "100-149")]
    records = dict(zip(jobs, map(record, jobs, ["H100", "A100", "H100"]), strict=True))
    found = trace.work(jobs, records, Costs(CONFIG))
    assert found == {
        "train_oracle": {
            "jobs": 3,
            "members": 150,
            "seconds": 9.0,
            "sample_gradients": 150 * 24 * (1347 - 50),
            "devices": {"A100": 1, "H100": 2},
            "members as": {"a loop": 3},
            "precision": {"as published": 3},
            "torch": {"2.12.1": 3},
            "python": {"3.11.7": 3},
            "threads": {"1": 3},
        }
    }


def test_digests_depend_on_contents_and_not_on_order():
    files = ["Snakefile", "config.yaml", "Makefile"]
    assert trace.code_digest(files) == trace.code_digest(files[::-1])
    assert trace.code_digest(files) != trace.code_digest(files[1:])
    assert trace.config_digest({"a": 1, "b": 2}) == trace.config_digest({"b": 2, "a": 1})
    assert trace.config_digest({"a": 1}) != trace.config_digest({"a": 1.5})
    asked = CONFIG | {"target": "fig5", "gpus": 99, "hours": 0.5, "checkpoint_epochs": 7}
    asked |= {"load_data_on": "node"}
    assert trace.config_digest(asked) == trace.config_digest(CONFIG)


def git(folder, *arguments):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


def test_the_checkout_is_that_of_the_folder_itself(tmp_path):
    assert trace.repository(tmp_path) is None
    git(tmp_path, "init")
    assert trace.repository(tmp_path) is None
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    clean = trace.repository(tmp_path)
    assert clean["changed"] == [] and len(clean["commit"]) == 40
    (tmp_path / "code" / "a.py").write_text("2")
    assert trace.repository(tmp_path) == clean | {"changed": ["code/a.py"]}
    assert trace.repository(tmp_path / "code") is None


class Balanced(HTMLParser):
    """Follows the tags of a page."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.ids, self.links = [], "", set(), set()

    def handle_starttag(self, tag, attrs):
        self.ids |= {value for key, value in attrs if key == "id"}
        self.links |= {value for key, value in attrs if key == "href"}
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def traced():
    jobs = lineage.all_jobs(CONFIG, ["fig1"])
    records = {job: record(job, "<H100 & co>") for job in jobs if job.rule != "unlearn"}
    branches = {"snapshots": [[5, 3], [10, 5]]}
    records |= {job: record(job) | branches for job in jobs if job.rule == "unlearn"}
    return {
        "study": "digits",
        "config": CONFIG,
        "config_sha256": "c" * 64,
        "repository": {"commit": "d" * 40, "changed": ["a&b.py"]},
        "seeds": {"study": 0, "derivation": trace.SEEDS, "first": [["oracle", "5", 0, 77]]},
        "data": {"name": "digits", "n_train": 1347, "n_validation": 450, "checksum": "e" * 64},
        "forget_sets": {"5": {"label": "5: top 50", "points": 50, "sha256": "f" * 64}},
        "code": {"unlearning/scoring/klom.py": "0" * 40},
        "versions": {"torch": "2.12.1"},
        "figures": {
            "fig1": trace.trace(CONFIG, "fig1", records, {"fig1.png": "1" * 64}),
            "theory/fig3": trace.trace_theory("fig3", {"fig3.png": "2" * 64}),
        },
    }


def test_the_page_states_everything(traced):
    page = Balanced()
    page.feed(provenance_page(traced))
    assert page.open == []
    assert {link[1:] for link in page.links} <= page.ids
    facts = ["c" * 64, "d" * 40, "e" * 64, "f" * 64, "0" * 40, "1" * 64, "2" * 64, "77"]
    facts += ["a&b.py", "<H100 & co>", "klom/gda/5.csv", "batch_norm: train", "5: top 50"]
    facts += list(traced["figures"]["fig1"]["rules"].values())
    for fact in facts:
        assert fact in page.text, fact
    traced["repository"] = None
    assert "not a git checkout" in provenance_page(traced)


def test_image_files_name_their_table_and_are_the_same_twice(tmp_path):
    contents = []
    for number in range(2):
        figure = Figure()
        figure.subplots().plot([1, 2])
        drawn = pd.DataFrame({"x": [1, 2]})
        paths = {suffix: str(tmp_path / f"{number}.{suffix}") for suffix in ("png", "pdf", "csv")}
        save_figure(figure, **paths, drawn=drawn, title="digits: fig1")
        contents.append([(tmp_path / f"{number}.{suffix}").read_bytes() for suffix in paths])
    assert contents[0] == contents[1]
    png, pdf, csv = contents[0]
    checksum = hashlib.sha256(csv).hexdigest().encode()
    for image in (png, pdf):
        assert b"digits: fig1" in image and checksum in image


def test_a_figure_of_the_theory_has_code_and_no_jobs(traced):
    theory = traced["figures"]["theory/fig3"]
    assert set(theory["rules"]) == {"tabulate_ranges", "draw_theory"}
    assert theory["work"] == {}
    assert theory["code_sha256"] != traced["figures"]["fig1"]["code_sha256"]
    assert len(theory["code_sha256"]) == hashlib.sha256().digest_size * 2


def test_a_method_has_the_digest_of_the_code_behind_its_scores_alone(monkeypatch):
    before = trace.method_digests(CONFIG, ["ga", "gda"])
    assert before["ga"] != before["gda"]

    def changed(name):
        monkeypatch.setattr(trace, "blob", lambda path: f"{path == name}")
        found = trace.method_digests(CONFIG, ["ga", "gda"])
        monkeypatch.setattr(trace, "blob", lambda path: "False")
        same = trace.method_digests(CONFIG, ["ga", "gda"])
        return [method for method in found if found[method] != same[method]]

    assert changed("unlearning/methods/ga.py") == ["ga"]
    assert changed("unlearning/scoring/klom.py") == ["ga", "gda"]
    assert changed("unlearning/figures/league.py") == []


def test_a_digest_of_code_does_not_know_where_a_users_file_lies(tmp_path):
    found = []
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / "mine.py"
        file.write_text("def unlearn(learner, *, epochs):\n    return learner\n")
        stanza = {**CONFIG["methods"]["ga"], "file": str(file)}
        methods = {**CONFIG["methods"], "mine": stanza}
        run = {**CONFIG["run"], "methods": ["mine"]}
        found.append(trace.method_digests({**CONFIG, "methods": methods, "run": run}, ["mine"]))
    assert found[0] == found[1]


def test_whose_records_are_shown_beside_a_study_is_none_of_its_config():
    merged = {**CONFIG, "merge": "theirs.json"}
    assert trace.config_digest(merged) == trace.config_digest(CONFIG)
