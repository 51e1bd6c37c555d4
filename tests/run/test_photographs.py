"""Living-17 from a miniature ImageNet to scores, with ResNet-18 and a subpopulation to forget."""

import shutil

import numpy as np
import pytest
import yaml
from PIL import Image

from tests.helpers.study import copy_repository, planned, snakemake
from unlearning.artifacts.files import load_record, save_record
from unlearning.artifacts.tables import read_csv
from unlearning.datasets.living17 import superclasses
from unlearning.study import strategies

OVERLAY = {
    "study": "mini",
    "device": "cpu",
    "dataset": {"folder": "imagenet", "train": 136, "validation": 68},
    "architectures": {"resnet18": {"width": 0.05}},
    "training": {"epochs": 2, "batch_size": 34, "peak_epoch": 1},
    "ensemble": {"members": 2, "floor_members": 2, "chunk": 2},
    "oracle_stopped_epochs": [1],
    "forget_sets": {"1": {"size": 10}, "2": {"size": 2}, "3": {"size": 2}},
    "run": {"forget_sets": ["2"], "methods": ["ga"]},
    "methods": {"ga": {"sweep": {"learning_rate": [0.01]}, "snapshots": {"epochs": [1]}}},
    "klom": {"bootstrap": 5},
}
ARGUMENTS = ["--configfile", "studies/living17.yaml", "mini.yaml"]
SCORES = "results/mini/klom/ga/2.csv"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("living17")
    copy_repository(folder)
    (folder / "mini.yaml").write_text(yaml.safe_dump(OVERLAY))
    rng = np.random.default_rng(0)
    for split, count in {"train": 2, "val": 1}.items():
        for name in superclasses():
            place = folder / "imagenet" / split / name
            place.mkdir(parents=True)
            for number in range(count):
                pixels = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(place / f"{name}_{number}.JPEG")
    return folder


def test_from_photographs_to_scores(folder):
    snakemake(folder, SCORES, *ARGUMENTS)
    results = folder / "results" / "mini"
    record = load_record(str(results / "data" / "dataset.json"))
    assert (record["classes"], record["n_train"], record["n_validation"]) == (17, 136, 68)
    first, end = record["groups"]["n01632777"]
    assert np.load(results / "forget_sets" / "2.npy").tolist() == list(range(first, end))
    images = np.load(results / "data" / "inputs.npy", mmap_mode="r")
    assert (images.shape, images.dtype) == ((204, 224, 224, 3), np.uint8)
    scores = read_csv(folder / SCORES)
    assert set(scores["kind"]) == {"grid", "zero_learning_rate", "frozen_batch_norm"}
    assert scores["klom_p95"].between(0, 11.6).all()
    assert np.load(results / "unlearned/ga/lr0/2/0-1.npy").dtype == np.float16


def test_kaggles_copy_gives_the_same_data(folder):
    """Validation images in one folder, in an order that is not that of the classes."""
    snakemake(folder, SCORES, *ARGUMENTS)
    names = list(superclasses())
    place = folder / "kaggle" / "ILSVRC" / "Data" / "CLS-LOC"
    shutil.copytree(folder / "imagenet" / "train", place / "train")
    (place / "val").mkdir()
    lines = ["ImageId,PredictionString"]
    for number, name in enumerate(names[::-1], start=1):
        image = f"ILSVRC2012_val_{number:08d}"
        photograph = folder / "imagenet" / "val" / name / f"{name}_0.JPEG"
        shutil.copy(photograph, place / "val" / f"{image}.JPEG")
        lines.append(f"{image},{name} 1 2 3 4 ")
    (folder / "kaggle" / "LOC_val_solution.csv").write_text("\n".join(lines) + "\n")
    record = "results/kaggle/data/dataset.json"
    changes = ["--config", "study=kaggle", 'dataset={"folder": "kaggle"}']
    snakemake(folder, record, *ARGUMENTS, *changes)
    expected = load_record(str(folder / "results" / "mini" / "data" / "dataset.json"))
    assert load_record(str(folder / record)) == expected


def test_how_members_are_computed_was_measured(folder):
    snakemake(folder, SCORES, *ARGUMENTS)
    measured = load_record(str(folder / "results" / "mini" / "strategies.json"))
    assert {entry["batch_size"] for entry in measured["tried"]} == {34, 64}
    assert all(entry["samples_per_second"] > 0 for entry in measured["tried"])
    record = load_record(str(folder / "results" / "mini" / "pretrained" / "0-1.json"))
    best = strategies.fastest(measured["tried"], 34)
    assert (record["strategy"], record["members_per_stack"]) == (str(best), best.members)
    assert (record["precision"], record["evaluation_precision"]) == ("bfloat16", "tf32")
    log = (folder / "logs" / "mini" / "pretrained" / "0-1.log").read_text()
    assert "measured: {'batch_size': 34, 'layout': 'grouped'" in log
    assert f"members as {best}, in bfloat16, margins in tf32" in log


def test_another_measurement_trains_nothing_again(folder):
    snakemake(folder, SCORES, *ARGUMENTS)
    file = folder / "results" / "mini" / "strategies.json"
    record = load_record(str(file))
    save_record(str(file), {**record, "device_name": "another"})
    assert planned(folder, SCORES, *ARGUMENTS) == {}


def test_a_photograph_that_is_cut_short_stops_before_training(folder):
    photograph = folder / "imagenet/train/n01632777/n01632777_1.JPEG"
    content = photograph.read_bytes()
    photograph.write_bytes(content[:-200])
    forced = ["--force", "results/mini/data/inputs.npy", *ARGUMENTS]
    printed = snakemake(folder, *forced, check=False)
    photograph.write_bytes(content)
    assert "n01632777_1.JPEG cannot be read as an image" in printed
    assert list((folder / "results" / "mini" / "data").glob("*images*")) == []
