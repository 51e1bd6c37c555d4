"""The design of a study: chunks, trajectories, seeds and the work they cost."""

import pytest
from snakemake.iocontainers import Wildcards

from tests.helpers.configs import called_with, study
from unlearning.ensembles.members import random_subsets
from unlearning.study import config as studies
from unlearning.study import design, inputs, passes, settings
from unlearning.study.runs import runs
from unlearning.study.seeds import member_seed, member_seeds
from unlearning.study.sources import ROOT

#: Overlays that stand on another one, and need a commit to download.
PUBLISHED = ("easydub.yaml", "klom_models.yaml")
ON_CIFAR10 = (*PUBLISHED, "cifar10_league.yaml")


def test_the_default_study_is_valid():
    studies.check(study())


@pytest.mark.parametrize("overlay", [path.name for path in (ROOT / "studies").iterdir()])
def test_shipped_studies_are_valid(overlay):
    config = study("cifar10.yaml", overlay) if overlay in ON_CIFAR10 else study(overlay)
    if overlay in PUBLISHED:
        config["published"]["revision"] = "0" * 40
    studies.drop_absent(config)
    studies.check(config)


def test_chunks_cover_the_members_once():
    names = design.chunks(range(100, 160), 20)
    assert names == ["100-119", "120-139", "140-159"]
    assert [m for name in names for m in design.chunk_members(name)] == list(range(100, 160))


def test_more_members_keep_the_chunks_there_are():
    config = study()
    config["ensemble"] |= {"members": 80, "floor_members": 80, "chunk": 20}
    before = {*design.reference_chunks(config), *design.floor_chunks(config)}
    config["ensemble"] |= {"members": 100, "floor_members": 100}
    after = {*design.reference_chunks(config), *design.floor_chunks(config)}
    assert before < after
    assert sorted(after - before) == ["160-179", "180-199"]


def test_the_papers_grid_in_trajectories():
    config = study("cifar10.yaml")
    counts = {name: len(list(design.grid(method))) for name, method in config["methods"].items()}
    assert counts == {"ga": 7, "gda": 8, "scrub": 8}
    runs = {
        name: sum(len(run.snapshots()) for run in design.grid(method))
        for name, method in config["methods"].items()
    }
    assert runs == {"ga": 35, "gda": 48, "scrub": 48}


def test_snapshots_and_shared_prefixes_save_most_of_the_work():
    config = study("cifar10.yaml")
    train, sizes = config["dataset"]["train"], [10, 100, 1000, 10, 100, 500, 10, 100, 500]
    total = {"separate": 0, "snapshots": 0, "shared": 0}
    for name, method in config["methods"].items():
        for run in design.grid(method):
            for size in sizes:
                counted = passes.trajectory_gradients(name, run, size, train - size)
                for way, count in counted.items():
                    total[way] += count
    assert total["shared"] / total["separate"] <= 0.41
    assert total["shared"] < total["snapshots"] < total["separate"]
    assert 100 * total["separate"] == pytest.approx(3.17e10, rel=0.01)


def test_names_of_trajectories_are_readable_and_kinds_follow_values():
    method = study("digits_resnet9.yaml")["methods"]["ga"]
    method["controls"].append({"learning_rate": [0.0], "batch_norm": ["frozen"]})
    kinds = {name: run.kind for name, run in design.trajectories(method).items()}
    assert kinds["lr0.001"] == "grid"
    assert kinds["lr0"] == kinds["lr0_bn-frozen"] == "zero_learning_rate"
    assert kinds["lr0.01_bn-frozen"] == "frozen_batch_norm"


KINDS = {
    "grid": ({}, {}),
    "optimizer": ({}, {"momentum": 0.9, "weight_decay": 5e-4}),
    "as_published": ({}, {"momentum": 0.9, "student": "frozen"}),
    "index order": ({}, {"order": "index"}),
    "truncated": ({}, {"forget_limit": 7}),
    "frozen_batch_norm": ({}, {"order": "index", "batch_norm": "frozen"}),
    "zero_learning_rate": ({}, {"order": "index", "learning_rate": 0}),
    # What the method's own stanza gives is its grid, and the usual values set nothing apart.
    "momentum throughout": ({"momentum": 0.9}, {"momentum": 0.9}),
    "index order throughout": ({"order": "index"}, {"momentum": 0.0}),
    "said again": ({}, {"order": "shuffled", "forget_limit": None, "weight_decay": 0.0}),
    "shuffled after all": ({"order": "index"}, {"order": "shuffled"}),
}
GRID = {"momentum throughout", "index order throughout", "said again", "shuffled after all"}


@pytest.mark.parametrize("case", KINDS)
def test_what_sets_a_control_apart_is_its_kind(case):
    fixed, control = KINDS[case]
    method = {
        "sweep": {"learning_rate": [0.1]},
        "snapshots": {"epochs": [1]},
        "fixed": {"batch_norm": "train", **fixed},
        "controls": [{key: [value] for key, value in control.items()}] if control else [],
    }
    published = {"index order": "as_published", "truncated": "as_published"}
    expected = "grid" if case in GRID else published.get(case, case)
    assert list(design.trajectories(method).values())[-1].kind == expected


def test_what_a_method_sweeps_is_its_grid():
    method = study()["methods"]["ga"]
    method["sweep"] |= {"momentum": [0.0, 0.9], "order": ["index"], "forget_limit": [None, 5]}
    kinds = {run.name: run.kind for run in design.grid(method)}
    assert set(kinds.values()) == {"grid"} and len(kinds) == 12
    assert "lr0.1_momentum0.9_order-index_firstall" in kinds
    assert "lr0.1_momentum0_order-index_first5" in kinds


def test_a_cut_that_leaves_nothing_out_is_not_run():
    config = study()
    config["methods"]["ga"]["controls"].append({"forget_limit": [50, 99]})
    plain = [name for name in design.trajectories(config["methods"]["ga"]) if "first" not in name]
    for name, cut in {"1": [], "2": [], "3": [50, 99]}.items():
        expected = [*plain, *(f"lr0.01_first{limit}" for limit in cut)]
        assert list(runs(config, "ga", name)) == expected
        assert [run["name"] for run in settings.scored_runs(config, "ga", name)] == expected
        job = Wildcards(fromdict={"method": "ga", "forget_set": name})
        assert inputs.unlearned_files(config, "{trajectory}", job) == expected
    # Nobody knows the size of a whole class before the data are there.
    config["forget_sets"]["1"] = {"kind": "class", "label": 0, "size": None, "seed": 0}
    assert "lr0.01_first99" in runs(config, "ga", "1")


def test_a_control_takes_first_values_and_its_own_snapshots():
    method = study("cifar10.yaml")["methods"]["gda"]
    control = design.trajectories(method)["lr0_forgetbatch32"]
    assert control.snapshots() == [(5, 5)]
    assert control.hyperparameters["batch_size"] == 64


def test_fig2_has_a_snapshot_at_every_epoch_and_other_sets_only_the_grid():
    config = study("cifar10.yaml")
    run = next(design.grid(config["methods"]["ga"]))
    epochs = [epoch for epoch, _ in design.snapshots(config, "ga", "1", run)]
    assert epochs == list(range(1, 11))
    assert [epoch for epoch, _ in design.snapshots(config, "ga", "2", run)] == [1, 3, 5, 7, 10]


def test_published_protocol_cuts_does_not_shuffle_and_freezes_the_student():
    config = study() | {"protocol": "published"}
    name = next(design.grid(config["methods"]["scrub"])).name
    published = called_with(config, "scrub", name, "1")
    assert published["arguments"]["student"] == "frozen"
    plain = {"momentum": 0.0, "weight_decay": 0.0}
    assert published["conditions"] == {**plain, "order": "index", "forget_limit": 100}
    corrected = called_with(study(), "scrub", name, "1")
    assert "student" not in corrected["arguments"]
    assert corrected["conditions"] == {**plain, "order": "shuffled", "forget_limit": None}


def test_a_control_is_what_the_published_protocol_makes_of_every_run():
    config = study()
    published = {"order": ["index"], "forget_limit": [100], "student": ["frozen"]}
    config["methods"]["scrub"]["controls"].append({"learning_rate": [0.1], **published})
    config["forget_sets"]["3"]["size"] = 150
    name = "lr0.1_forgetbatch32_order-index_first100_student-frozen"
    control = called_with(config, "scrub", name, "3")
    run = next(design.grid(config["methods"]["scrub"])).name
    assert control == called_with(config | {"protocol": "published"}, "scrub", run, "3")
    # What a run says itself goes before the protocol.
    assert control == called_with(config | {"protocol": "published"}, "scrub", name, "3")


def test_parameters_are_built_in_types():
    def check(value):
        assert type(value) in (dict, list, tuple, str, int, float, bool, type(None))
        for part in value.values() if isinstance(value, dict) else ():
            check(part)
        for part in value if isinstance(value, list | tuple) else ():
            check(part)

    config = study("cifar10.yaml")
    check(settings.training_settings(config))
    check(settings.scored_runs(config, "gda", "1"))
    check(called_with(config, "gda", "lr0.005_forgetbatch64", "1"))


def test_seeds_depend_on_every_part_of_their_key_and_nothing_else():
    seed = member_seed(0, "oracle", "1", 3)
    others = [(1, "oracle", "1", 3), (0, "pretrained", "1", 3), (0, "oracle", "2", 3)]
    assert seed not in [member_seed(*key) for key in [*others, (0, "oracle", "1", 4)]]
    assert member_seeds(0, "oracle", "1", range(2, 5))[1] == seed
    assert 0 <= seed < 2**63
    assert seed == 8336027346578031905  # pinned: another derivation would retrain every study


def test_subsets_of_datamodels_do_not_depend_on_the_chunk():
    both = random_subsets(0, [4, 5], 30, 0.5)
    assert both.shape == (2, 15)
    assert (random_subsets(0, [5], 30, 0.5)[0] == both[1]).all()
    assert (both[0] != both[1]).any()
