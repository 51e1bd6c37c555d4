"""The tables beside published numbers plan what they show, and say where they do not apply."""

import yaml
from snakemake.utils import update_config

from tests.helpers.plans import counts, dry_run
from tests.helpers.study import ROOT
from unlearning.study import targets

FASHION_MNIST = ROOT / "studies" / "fashion_mnist.yaml"
CIFAR10 = ROOT / "studies" / "cifar10.yaml"


def study(overlay, **changes):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(config, yaml.safe_load(overlay.read_text()))
    update_config(config, changes)
    return config


def test_table1_trains_pretrained_members_and_oracles_only(tmp_path):
    plan = counts(tmp_path, "table1", "--configfile", FASHION_MNIST)
    assert plan == {
        "prepare_data": 1,
        "select_forget_set": 3,
        "train_pretrained": 2,
        "train_oracle": 3 * 4,
        "score_baselines": 3,
        "write_table1": 1,
        "table1": 1,
    }


def test_a_study_has_the_tables_that_are_about_its_data(tmp_path):
    assert not {"write_table1", "write_comparison"} & counts(tmp_path).keys()
    assert counts(tmp_path, "--configfile", FASHION_MNIST)["write_table1"] == 1
    plan = counts(tmp_path, "--configfile", CIFAR10)
    assert plan["write_comparison"] == 1 and "write_table1" not in plan


def test_elsewhere_a_table_says_what_it_is_about(tmp_path):
    for target, sentence in {
        "table1": "table1: names no forget set",
        "compare": "cifar10_klom.csv has other data or forget sets of other sizes",
    }.items():
        done = dry_run(tmp_path, target)
        assert done.returncode != 0
        assert sentence in done.stdout + done.stderr


def test_only_forget_sets_of_the_published_sizes_are_compared():
    numbers = [str(number) for number in range(1, 10)]
    assert targets.published_forget_sets(study(CIFAR10)) == numbers
    other = study(CIFAR10, forget_sets={"3": {"size": 500}}, run={"forget_sets": ["1", "3"]})
    assert targets.published_forget_sets(other) == ["1"]
    assert targets.published_forget_sets(study(CIFAR10, dataset={"train": 40_000})) == []


def test_index_files_in_place_of_datamodels_are_compared_as_well(tmp_path):
    definitions = {}
    for number, size in zip(range(4, 10), (10, 100, 500, 10, 100, 499), strict=True):
        file = tmp_path / f"{number}.txt"
        file.write_text("\n".join(map(str, range(size))))
        unused = {"component": None, "size": None}
        definitions[str(number)] = {"kind": "indices", "file": str(file), **unused}
    overlay = tmp_path / "indices.yaml"
    overlay.write_text(yaml.safe_dump({"forget_sets": definitions}))
    plan = counts(tmp_path, "compare", "--configfile", CIFAR10, overlay)
    assert not {"train_datamodels", "fit_datamodels", "find_components"} & plan.keys()
    # That of one point less than the published one has nothing to be compared with.
    assert plan["select_forget_set"] == 8 and plan["write_comparison"] == 1
