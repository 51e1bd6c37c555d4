"""A study from published ensembles, on a generated folder of EasyDUB's layout."""

import pickle

import numpy as np
import pytest
import torch
import yaml

from tests.helpers.study import copy_repository, planned, snakemake
from unlearning.artifacts.files import load_record
from unlearning.artifacts.tables import read_csv
from unlearning.computing import batches
from unlearning.datasets import cifar10
from unlearning.datasets.images import normalisation
from unlearning.ensembles import margins
from unlearning.networks import models, stacking

TRAIN, VALIDATION, MEMBERS, FLOOR = 110, 20, 4, 4
FORGET = np.array([31, 4, 17, 5, 40])
CONTROLS = {"controls": [{"learning_rate": [0.0]}, {"batch_norm": ["frozen"]}]}
STUDY = {
    "study": "tiny",
    "device": "cpu",
    "source": "easydub",
    "published": {"folder": "easydub"},
    "dataset": {"name": "cifar10", "folder": "cifar", "train": TRAIN, "validation": VALIDATION},
    "model": "resnet9",
    "ensemble": {"members": MEMBERS, "floor_members": FLOOR, "chunk": 4},
    "oracle_stopped_epochs": [],
    "forget_sets": {"2": {"kind": "published", "number": 2, "size": 5, "seed": None}},
    "run": {"forget_sets": ["2"], "methods": ["ga"]},
    "methods": {
        "ga": {"sweep": {"learning_rate": [0.01]}, "snapshots": {"epochs": [1]}, **CONTROLS},
        "gda": CONTROLS,
        "scrub": CONTROLS,
    },
    "klom": {"bootstrap": 5},
    "figures": {
        "fig1": {"forget_sets": ["2"], "methods": ["ga"]},
        "fig2": {"forget_sets": ["2"]},
        "fig5": {"forget_sets": ["2"], "methods": ["ga"]},
    },
}
SCORES = ["results/tiny/klom/ga/2.csv", "--configfile", "tiny.yaml"]


def write_cifar(folder):
    rng = np.random.default_rng(0)
    for name in cifar10.MD5:
        count = VALIDATION if name == "test_batch" else TRAIN // 5
        rows = rng.integers(0, 256, (count, 3072), dtype=np.uint8)
        labels = rng.integers(0, 10, count).tolist()
        (folder / name).write_bytes(pickle.dumps({"data": rows, "labels": labels}, protocol=3))


def put(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, value) if path.suffix == ".npy" else torch.save(value, path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a repository with the study, its images, and what is published of networks on them."""
    folder = tmp_path_factory.mktemp("published")
    copy_repository(folder)
    (folder / "tiny.yaml").write_text(yaml.safe_dump(STUDY))
    (folder / "cifar").mkdir()
    write_cifar(folder / "cifar")
    dataset = cifar10.load(
        n_train=TRAIN, n_validation=VALIDATION, seed=0, folder=str(folder / "cifar")
    )
    data = batches.prepare(
        dataset.images, dataset.labels, *normalisation(dataset), torch.device("cpu")
    )
    for member in range(2 * MEMBERS + FLOOR):
        network = models.build({"name": "resnet9", "width": 1.0}, (3, 32, 32), 10, member)
        row = margins.evaluate(stacking.stack(network, 1), data, 1)[0][0].numpy()
        if member < MEMBERS:
            write_pretrained(folder / "easydub", member, network, row)
        else:
            write_oracle(folder / "easydub", member - MEMBERS, row)
    put(folder / "easydub/forget_sets/cifar10/forget_set_2.npy", FORGET)
    return folder


def write_pretrained(root, member, network, row):
    weights = {f"module.{name}": value for name, value in network.state_dict().items()}
    put(root / f"models/cifar10/pretrain/resnet9/id_{member}_epoch_23.pt", weights)
    splits = {"retain": row[:TRAIN], "val": row[TRAIN:], "forget_2": row[FORGET]}
    for split, part in splits.items():
        put(root / f"margins/cifar10/pretrain/{split}/resnet9/id_{member}_epoch_23.npy", part)


def write_oracle(root, member, row):
    retain = np.delete(np.arange(TRAIN), FORGET)
    for split, part in {"retain": row[retain], "forget": row[FORGET], "val": row[TRAIN:]}.items():
        file = f"margins/cifar10/oracle/forget_2/{split}/resnet9/id_{member}_epoch_23.npy"
        put(root / file, part)


def test_published_ensembles_are_unlearned_from_and_scored(folder):
    plan = planned(folder, *SCORES)
    assert not {"train_pretrained", "train_oracle", "train_datamodels"} & plan.keys()
    assert (plan["import_pretrained"], plan["import_oracle"], plan["unlearn"]) == (1, 2, 3)
    snakemake(folder, *SCORES)
    results = folder / "results" / "tiny"
    stored = np.load(results / "pretrained" / "0-3.npy")
    part = np.load(folder / "easydub/margins/cifar10/pretrain/val/resnet9/id_2_epoch_23.npy")
    np.testing.assert_array_equal(stored[2, TRAIN:], part)
    record = load_record(str(results / "oracle/2/4-7.json"))
    assert (record["source"], record["members"], record["epochs"]) == (
        "easydub",
        [4, 5, 6, 7],
        [24],
    )
    aligned = load_record(str(results / "published" / "2.json"))
    assert aligned["retain_p95"] < 2 * aligned["noise_floor"]
    scores = read_csv(results / "klom" / "ga" / "2.csv").set_index(["kind", "split"])
    pretrained = read_csv(results / "klom" / "baselines" / "2.csv")
    untouched = pretrained[pretrained["method"] == "pretrained"].set_index("split")["klom_p95"]
    assert (scores["n_members"] == MEMBERS).all()
    # Frozen statistics and a small step leave the networks nearly as they were published.
    frozen = scores.loc["frozen_batch_norm", "klom_p95"]
    np.testing.assert_allclose(frozen["validation"], untouched["validation"], atol=2)
    assert planned(folder, *SCORES) == {}


def test_the_other_layout_gives_the_same_ensembles(folder):
    easydub, root = folder / "easydub", folder / "klom_models"
    for member in range(MEMBERS):
        weights = torch.load(easydub / f"models/cifar10/pretrain/resnet9/id_{member}_epoch_23.pt")
        put(root / f"full_models/CIFAR10/sd_{member}____epoch_23.pt", weights)
    put(root / "forget_set_indices/CIFAR10/forget_set_2.npy", FORGET)
    own = folder / "results" / "tiny"
    pretrained = np.load(own / "pretrained" / "0-3.npy")
    oracle = np.concatenate([np.load(own / f"oracle/2/{chunk}.npy")[0] for chunk in ("0-3", "4-7")])
    for place, margins_of in {
        "full_models/CIFAR10": pretrained,
        "oracle_models/CIFAR10/only_margins/forget_set_2": oracle,
    }.items():
        values = torch.from_numpy(margins_of)
        put(root / place / "train_margins_all.pt", values[:, :TRAIN].clone())
        put(root / place / "val_margins_all.pt", values[:, TRAIN:].clone())
    other = {"study": "other", "source": "klom_models", "published": {"folder": "klom_models"}}
    (folder / "other.yaml").write_text(yaml.safe_dump({**STUDY, **other}))
    snakemake(folder, "results/other/published/2.json", "--configfile", "other.yaml")
    theirs = folder / "results" / "other"
    for file in ("pretrained/0-3.npy", "oracle/2/0-3.npy", "oracle/2/4-7.npy", "forget_sets/2.npy"):
        np.testing.assert_array_equal(np.load(theirs / file), np.load(own / file))


def test_oracles_that_are_far_off_on_the_retained_points_are_refused(folder):
    files = list(folder.glob("easydub/margins/cifar10/oracle/forget_2/retain/resnet9/*.npy"))
    contents = {file: np.load(file) for file in files}
    for file, values in contents.items():
        np.save(file, values + 40)
    again = ["--forcerun", "import_oracle", "--configfile", "tiny.yaml"]
    printed = snakemake(folder, "results/tiny/published/2.json", *again, check=False)
    for file, values in contents.items():
        np.save(file, values)
    assert "easydub, forget set 2: pretrained against oracle margins have a KLoM of" in printed
    assert not (folder / "results" / "tiny" / "published" / "2.json").exists()


def test_margins_that_are_not_the_checkpoints_are_refused(folder):
    file = folder / "easydub/margins/cifar10/pretrain/retain/resnet9/id_1_epoch_23.npy"
    margins_of_1 = np.load(file)
    np.save(file, margins_of_1 + 0.5)
    target = "results/tiny/pretrained/0-3.npy"
    printed = snakemake(folder, target, "--force", "--configfile", "tiny.yaml", check=False)
    np.save(file, margins_of_1)
    assert "easydub, member 1: its recomputed margins are not those stored for it" in printed
