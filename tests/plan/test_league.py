"""A league needs scores alone; another file makes the page again; what can't be is said first."""

import json
from pathlib import Path

import yaml

from tests.helpers.plans import counts, dry_run
from unlearning.forget_sets import select
from unlearning.study.exchange import points_digest, read, written

SMALL = {
    "ensemble": {"members": 10, "floor_members": 10, "chunk": 10},
    "run": {"forget_sets": ["1"], "methods": ["ga"]},
}


def overlay(tmp_path, **changes):
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(SMALL | changes))
    return path


def theirs(tmp_path, points=None, **changes):
    """Write a record of the small study as another group would have it."""
    from tests.helpers.leagues import recorded, write

    if points is None:
        points = select({"kind": "random", "size": 10, "seed": 0}, name="1", n_train=1347)
    one = {"name": "1", "label": "ten", "points": len(points), "sha256": points_digest(points)}
    budgets = {"budgets": [0.05, 0.25, 0.5]}
    records = recorded(**{"members": 10, "floor_members": 10, **budgets, **changes})
    for record in records:
        record["forget_sets"] = [one]
        for key in ("chosen", "front"):
            record[key] = [row for row in record[key] if row["forget_set"] == "1"]
    return write(tmp_path / "theirs.json", records)


def test_a_league_needs_scores_alone(tmp_path):
    plan = counts(tmp_path, "league", "--configfile", overlay(tmp_path))
    league = {"score_league": 1, "draw_league": 1, "write_league": 1, "league": 1}
    assert league.items() <= plan.items()
    assert plan["score_method"] == plan["score_baselines"] == 1
    assert not {"check_merge", "select_runs", "collect_scores", "draw_figure"} & plan.keys()


def test_another_file_is_an_input_and_is_looked_at_first(tmp_path):
    path = theirs(tmp_path)
    arguments = ["league", "--configfile", overlay(tmp_path), "--config", f"merge={path}"]
    done = dry_run(tmp_path, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(f"{path}") >= 3  # of check_merge, score_league, write_league
    assert counts(tmp_path, *arguments)["check_merge"] == 1


def refused(tmp_path, sentence, *arguments, **changes):
    done = dry_run(tmp_path, "league", "--configfile", overlay(tmp_path, **changes), *arguments)
    printed = done.stdout + done.stderr
    assert done.returncode != 0 and sentence in printed, printed
    return printed


def test_a_league_is_not_merged_with_the_file_that_it_is_written_to(tmp_path):
    own = tmp_path / "results" / "digits" / "league.json"
    own.parent.mkdir(parents=True)
    own.write_text(Path(theirs(tmp_path)).read_text())
    refused(tmp_path, "is where this study's own league is written", "--config", f"merge={own}")
    assert own.is_file()


def test_what_cannot_be_merged_is_said_before_any_job(tmp_path):
    cases = {
        "has another N: 20 members": {"members": 20},
        "has forget sets of other points: none of them is forget set 1": {"points": [1, 2, 3]},
    }
    for sentence, changes in cases.items():
        path = theirs(tmp_path, **changes)
        assert "Traceback" not in refused(tmp_path, sentence, "--config", f"merge={path}")
    data = tmp_path / "results" / "digits" / "data" / "dataset.json"
    data.parent.mkdir(parents=True)
    from unlearning.artifacts.files import save_record

    facts = {"name": "digits", "n_train": 1347, "n_validation": 450}
    save_record(str(data), {**facts, "checksum": "other"})
    refused(tmp_path, "is of another data set", "--config", f"merge={theirs(tmp_path)}")
    content = json.loads((tmp_path / "theirs.json").read_text())
    content["records"][0]["told"] = True
    (tmp_path / "theirs.json").write_text(json.dumps(content))
    refused(tmp_path, "is damaged", "--config", f"merge={tmp_path / 'theirs.json'}")
    assert len(read(theirs(tmp_path))) == 2 and written([])


def test_a_study_without_runs_or_stopped_retraining_has_no_league(tmp_path):
    refused(tmp_path, "league: oracle_stopped_epochs is empty", oracle_stopped_epochs=[])
    still = {"ga": {"sweep": {"learning_rate": [0.0]}, "controls": []}}
    refused(tmp_path, "league: none of the methods ga has a run in its grid", methods=still)
