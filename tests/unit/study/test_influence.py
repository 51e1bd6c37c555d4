"""A rule of the config stands for a family of forget sets, unlearned in one setting."""

from copy import deepcopy

import pytest
from snakemake.iocontainers import Wildcards
from snakemake.utils import update_config

from tests.helpers.configs import CONFIG, called_with, edited
from unlearning.planning.resources import Needs
from unlearning.study import config as studies
from unlearning.study import design, influence, inputs, targets


def small(**family):
    config = deepcopy(CONFIG)
    update_config(config, {"influence": family})
    return config


def test_the_default_family_has_sixty_forget_sets_or_more():
    sets = influence.forget_sets(CONFIG)
    assert len(sets) >= 60
    assert sets["influence-random-10-1"] == {"kind": "random", "size": 10, "seed": 1000}
    assert sets["influence-ends2-200"] == {"kind": "ends", "component": 2, "size": 200}
    seeds = [definition["seed"] for definition in sets.values() if "seed" in definition]
    assert seeds == list(range(1000, 1040))


def test_the_rule_is_written_out():
    config = small(
        random={"sizes": [4, 6], "of_each": 2, "seed": 7},
        components={"kinds": ["bottom"], "components": [2], "sizes": [8]},
    )
    assert influence.forget_sets(config) == {
        "influence-random-4-1": {"kind": "random", "size": 4, "seed": 7},
        "influence-random-4-2": {"kind": "random", "size": 4, "seed": 8},
        "influence-random-6-1": {"kind": "random", "size": 6, "seed": 9},
        "influence-random-6-2": {"kind": "random", "size": 6, "seed": 10},
        "influence-bottom2-8": {"kind": "bottom", "component": 2, "size": 8},
    }


def test_the_family_is_selected_as_any_forget_set_and_in_no_run_or_figure():
    config = deepcopy(CONFIG)
    studies.check(config)
    influence.add_forget_sets(config)
    assert influence.forget_sets(CONFIG).keys() < config["forget_sets"].keys()
    assert not any(map(influence.in_family, design.used_forget_sets(config)))
    assert Needs(config).forget_size("influence-top1-50") == 50
    label = design.forget_set_label("F", config["forget_sets"]["influence-bottom2-50"])
    assert label == "F: bottom 50 of component 2"


def test_without_a_family_there_is_none():
    config = edited(["influence"], "x") | {"influence": None}
    studies.check(config)
    influence.add_forget_sets(config)
    assert config["forget_sets"] == CONFIG["forget_sets"]
    with pytest.raises(ValueError, match="influence: is null in this study"):
        targets.family(config)


def test_the_family_is_unlearned_in_its_one_setting_and_others_in_all():
    (name, run), *others = influence.trajectories(CONFIG, "gda", "influence-top1-10").items()
    assert not others
    assert (name, run.snapshots()) == ("lr0.1_forgetbatch32", [(5, 5)])
    assert run.hyperparameters["batch_size"] == CONFIG["methods"]["gda"]["fixed"]["batch_size"]
    every = design.trajectories(CONFIG["methods"]["gda"])
    assert influence.trajectories(CONFIG, "gda", "1") == every
    given = called_with(CONFIG, "gda", name, "influence-top1-10")
    assert given["snapshots"] == [(5, 5)]
    assert given["arguments"]["epochs"] == given["arguments"]["ascent_epochs"] == [5]
    assert len(called_with(CONFIG, "gda", name, "1")["snapshots"]) == 6


def test_a_setting_names_what_it_changes_and_takes_the_first_of_the_rest():
    config = small(setting={"learning_rate": 0.5, "epochs": 9, "batch_norm": "frozen"})
    run = influence.trajectory(config)
    assert run.name == "lr0.5_forgetbatch32_bn-frozen"
    assert (run.epochs, run.ascent_epochs) == ((9,), (5,))
    assert run.hyperparameters["batch_norm"] == "frozen"


def test_members_are_held_against_oracles_of_their_numbers_and_against_other_members():
    config = small()
    config["ensemble"] = {"members": 60, "floor_members": 60, "chunk": 20}
    assert influence.unlearned_chunks(config) == influence.oracle_chunks(config) == ["0-19"]
    assert influence.other_chunks(config) == ["20-39", "40-59"]
    config["influence"]["chunks"] = 3
    assert influence.other_chunks(config) == ["60-79", "80-99", "100-119"]
    config["influence"]["damage"] = ["pretrained"]
    assert influence.oracle_chunks(config) == []
    config["influence"]["damage"] = ["oracles"]
    assert influence.other_chunks(config) == []


@pytest.mark.parametrize(
    ("family", "message"),
    [
        ({}, r"influence\.damage: must be \[pretrained\] for easydub"),
        ({"damage": ["pretrained"]}, r"influence\.chunks: 1 leaves no pretrained member"),
    ],
)
def test_published_sources_have_no_further_members_and_no_oracles_of_the_family(family, message):
    config = small(**family) | {"source": "easydub"}
    with pytest.raises(ValueError, match=message):
        targets.family(config)
    config["ensemble"] |= {"chunk": 50}
    config["influence"]["damage"] = ["pretrained"]
    assert len(targets.family(config)) == 70


def test_files_are_those_of_the_setting_and_of_its_chunks():
    wildcards = Wildcards(fromdict={"study": "s", "forget_set": "influence-top1-10"})
    pattern = "{study}/{method}/{trajectory}/{forget_set}/{chunk}"
    files = inputs.family_files(CONFIG, pattern, wildcards)
    assert files == ["s/gda/lr0.1_forgetbatch32/influence-top1-10/0-99"]
    assert inputs.aligned("{study}/{forget_set}", wildcards) == []


def test_only_published_forget_sets_are_held_against_their_published_oracles():
    other = Wildcards(fromdict={"study": "s", "forget_set": "1"})
    assert inputs.aligned("{study}/{forget_set}", other) == ["s/1"]


def test_blocks_need_memory_for_their_gram_matrices_and_not_for_the_matrix():
    config = small(
        random={"sizes": [10, 50, 100, 500, 1000], "of_each": 8, "seed": 1000},
        components={
            "kinds": ["top", "bottom", "ends"],
            "components": [1, 2],
            "sizes": [10, 50, 100, 500, 1000],
        },
    )
    config["dataset"] |= {"name": "cifar10", "train": 50_000, "validation": 10_000}
    needed = Needs(config).memory("measure_blocks", None)
    assert 8 * 14 * 1000**2 < needed - 500 * 2**20 < 300e6 < 4 * 50_000**2
    less = small(random={"sizes": [10], "of_each": 20, "seed": 1000})
    assert Needs(less).memory("measure_blocks", None) < needed
