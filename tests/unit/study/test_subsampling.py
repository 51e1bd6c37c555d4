"""Which N and which runs are looked at follows from the study alone."""

import pytest
from snakemake.iocontainers import Wildcards

from tests.helpers.configs import CONFIG, edited
from unlearning.study import settings, subsampling, targets


@pytest.mark.parametrize(
    ("members", "asked", "sizes"),
    [
        (100, "auto", [10, 20, 50, 80, 100]),
        (60, "auto", [10, 20, 50, 60]),
        (6, "auto", [6]),
        (250, "auto", [10, 20, 50, 80, 100, 200, 250]),
        (100, [50, 20], [20, 50, 100]),
        (100, [100], [100]),
    ],
)
def test_all_members_are_always_among_the_sizes(members, asked, sizes):
    config = edited(["ensemble", "members"], members)
    config["stability"]["members"] = asked
    assert subsampling.subsample_sizes(config) == sizes
    gaussian = subsampling.gaussian_sizes(config)
    assert {*sizes, 10, 20, 50, 80, 100, 200} == set(gaussian)
    assert gaussian == sorted(gaussian)


def runs(config, method):
    chosen = subsampling.looked_at(config, method)
    return [(name, snapshot) for name, snapshots in chosen.items() for snapshot in snapshots]


def test_a_grid_that_fits_is_looked_at_whole_and_no_control_is():
    assert runs(CONFIG, "ga") == subsampling.grid_runs(CONFIG, "ga")
    assert len(runs(CONFIG, "ga")) == 3 * 5 and len(runs(CONFIG, "gda")) == 3 * 2
    swept = edited(["methods", "ga", "sweep", "learning_rate"], [0.0, 0.1])
    for config in (CONFIG, swept):
        assert "lr0" not in subsampling.looked_at(config, "ga")
    assert len(runs(swept, "ga")) == 5


def test_of_a_grid_that_is_too_large_some_are_looked_at_from_end_to_end():
    config = edited(["stability", "runs"], 4)
    every, some = subsampling.grid_runs(config, "ga"), runs(config, "ga")
    assert some == [every[place] for place in (0, 5, 9, 14)]
    assert runs(config, "gda") == [subsampling.grid_runs(config, "gda")[at] for at in (0, 2, 3, 5)]


def test_files_and_runs_are_in_one_order():
    config = edited(["ensemble", "chunk"], 50)
    config["stability"] |= {"runs": 2, "methods": ["gda", "ga"]}
    pattern = "{method}/{trajectory}/{forget_set}/{chunk}"
    files = subsampling.subsampled_files(config, pattern, Wildcards(fromdict={"forget_set": "2"}))
    described = subsampling.subsampled_runs(config, "2")
    assert files == [
        f"{run['method']}/{run['name']}/2/{chunk}"
        for run in described
        for chunk in ("0-49", "50-99")
    ]
    assert [run["name"] for run in described] == ["lr0.1_forgetbatch32", "lr0.01", "lr0.1"]
    for run in described:
        assert set(run["looked_at"]) <= set(run["snapshots"])
    whole = {run["name"]: run for run in settings.scored_runs(config, "ga", "2")}
    assert described[1] == whole["lr0.01"] | {"looked_at": [(1, None)]}


def test_a_grid_of_one_run_leaves_nothing_to_select():
    config = edited(["methods", "ga", "sweep", "learning_rate"], [0.1])
    config["methods"]["ga"]["snapshots"] = {"epochs": [5]}
    assert targets.selected_methods(config) == ["gda", "scrub"]
    config["run"]["methods"] = ["ga"]
    with pytest.raises(ValueError, match=r"run\.methods: none of ga has two runs in its grid"):
        targets.selected_methods(config)
