"""A league of the default study, and one with the records that it wrote itself."""

import json
import shutil

import pytest

from tests.helpers.study import planned, snakemake
from unlearning.artifacts.tables import read_csv


@pytest.fixture(scope="module")
def study(finished, tmp_path_factory):
    """Return a finished default study of one's own, with its league."""
    folder = tmp_path_factory.mktemp("league") / "study"
    shutil.copytree(finished, folder)
    snakemake(folder, "league")
    return folder


MERGED = ("league", "--config", "merge=theirs.json")


def test_a_league_trains_nothing_and_is_merged_with_its_own_records(study):
    results = study / "results" / "digits"
    alone = read_csv(results / "league" / "standings.csv")
    shutil.copy(results / "league.json", study / "theirs.json")
    merging = {"check_merge", "score_league", "draw_league", "write_league", "league"}
    assert planned(study, *MERGED).keys() == merging
    snakemake(study, *MERGED)
    both = read_csv(results / "league" / "standings.csv")
    ours, theirs = (
        both[(both["source"] == "this study") == mine].query("not baseline")
        for mine in (True, False)
    )
    key = ["budget", "rule", "method"]
    assert len(ours) == len(theirs) == len(alone.query("not baseline"))
    joined = ours.merge(theirs, on=key, suffixes=("", "_theirs"))
    # Equal scores: in the mean they differ by chance of their replicates alone, ranks tie.
    assert len(joined) == len(ours)
    assert (joined["excess_forget"] - joined["excess_forget_theirs"]).abs().max() < 1e-6
    assert (joined["rank"] - joined["rank_theirs"]).abs().max() < 1e-9
    page = (results / "league.html").read_text()
    assert "‡" in page and "theirs.json" in page


def test_records_that_were_changed_by_hand_are_refused_before_any_job(study):
    path = study / "theirs.json"
    text = path.read_text()
    content = json.loads(text)
    content["records"][0]["members"] = 20
    path.write_text(json.dumps(content))
    printed = snakemake(study, *MERGED, check=False)
    path.write_text(text)
    assert "theirs.json" in printed and "is damaged" in printed
    assert "Traceback" not in printed
