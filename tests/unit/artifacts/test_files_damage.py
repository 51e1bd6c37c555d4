"""Every kind of artifact, damaged in every way, is refused by name."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from unlearning.artifacts import files
from unlearning.artifacts.files import ArtifactError
from unlearning.artifacts.records import load_records, load_run_records
from unlearning.artifacts.tables import load_table, save_table
from unlearning.networks.weights import load_weights, save_weights
from unlearning.study.seeds import member_seeds

RNG = np.random.default_rng(0)
MEMBERS = [4, 5, 6]
SEEDS = member_seeds(0, "oracle", "1", MEMBERS)
ORACLES = {"study_seed": 0, "role": "oracle", "forget_set": "1", "epochs": [3, 24]}
CORRECT = RNG.random((2, 3, 21)) < 0.5
WEIGHTS = {
    "conv.weight": torch.from_numpy(RNG.normal(size=(3, 2, 5)).astype(np.float32)),
    "norm.num_batches_tracked": torch.tensor([24, 24, 24]),
}
TABLE = pd.DataFrame({"forget_set": ["1", "2"], "setting": ["lr0", "lr1"], "klom_p95": [0.25, 7.5]})
RECORD = {"role": "oracle", "members": MEMBERS, "seeds": SEEDS, "epochs": [3, 24], "seconds": [0.5]}


def array(shape, dtype):
    value = np.asarray(RNG.random(shape) * 100).astype(dtype)
    return (
        lambda path: files.save_array(path, value),
        lambda path: files.load_array(path, shape=(*shape[:-1], None), dtype=dtype),
    )


KINDS = {
    "margins.npy": array((2, 3, 21), np.float32),
    "forget_set.npy": array((10,), np.int64),
    "projections.npy": array((21, 2), np.float64),
    "membership.npy": array((3, 21), np.bool_),
    "predictions.npy": (
        lambda path: files.save_correct(path, CORRECT),
        lambda path: files.load_correct(path, shape=(2, 3, 21)),
    ),
    "weights.safetensors": (
        lambda path: save_weights(path, WEIGHTS, SEEDS),
        lambda path: load_weights(path, SEEDS),
    ),
    "record.json": (
        lambda path: files.save_record(path, RECORD),
        lambda path: load_records([path], [MEMBERS], **ORACLES),
    ),
    "table.csv": (lambda path: save_table(path, TABLE), load_table),
}


@pytest.fixture(params=KINDS)
def saved(request, tmp_path):
    """Return the path of an artifact, its bytes, and a function that finds it refused."""
    save, load = KINDS[request.param]
    path = tmp_path / request.param
    save(str(path))
    load(str(path))

    def refused():
        with pytest.raises(ArtifactError, match=f"{path}.*delete it and run again") as caught:
            load(str(path))
        return str(caught.value)

    return path, path.read_bytes(), refused


def test_cut_short_anywhere(saved):
    path, whole, refused = saved
    for length in (0, 1, len(whole) // 2, *range(len(whole) - 80, len(whole), 3)):
        path.write_bytes(whole[:length])
        refused()


def test_one_bit_flipped_anywhere(saved):
    path, whole, refused = saved
    last = 8 * len(whole) - 1
    anywhere = RNG.choice(last + 1, 60, replace=False).tolist()
    for bit in {*anywhere, *range(0, 160, 9), *range(last - 640, last, 9), last}:
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        refused()


def test_longer_missing_empty_or_a_folder(saved):
    path, whole, refused = saved
    for content in (whole + b"\n", whole + whole[-74:], whole + whole):
        path.write_bytes(content)
        refused()
    path.unlink()
    refused()
    path.mkdir()
    refused()


def test_two_parts_exchanged(saved):
    path, whole, refused = saved
    middle = len(whole) // 2
    path.write_bytes(whole[middle : 2 * middle] + whole[:middle] + whole[2 * middle :])
    refused()


@pytest.mark.parametrize("kind", ["margins.npy", "membership.npy", "predictions.npy", "table.csv"])
def test_a_sound_file_in_the_place_of_another(tmp_path, kind):
    save, load = KINDS[kind]
    there, here = tmp_path / "1" / kind, tmp_path / "2" / kind
    save(str(there))
    here.parent.mkdir()
    there.rename(here)
    with pytest.raises(ArtifactError, match=f"{here} is another file, .*1/{kind}; delete it"):
        load(str(here))


def test_a_study_may_be_moved_renamed_and_read_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save, load = KINDS["margins.npy"]
    save("results/digits/unlearned/ga/1.npy")
    (tmp_path / "results" / "digits").rename(tmp_path / "results" / "mine")
    load("results/mine/unlearned/ga/1.npy")
    (tmp_path / "results").rename(tmp_path / "elsewhere")
    load(str(tmp_path / "elsewhere" / "mine" / "unlearned" / "ga" / "1.npy"))


@pytest.mark.parametrize(
    "value", [np.zeros((4, 6), np.float32), np.zeros((4, 5)), np.zeros((4, 5, 1), np.float32)]
)
def test_an_array_of_another_shape_or_type(tmp_path, value):
    path = str(tmp_path / "margins.npy")
    files.save_array(path, value)
    with pytest.raises(ArtifactError, match=r"margins\.npy holds .* expected float32 .*\(4, 5\)"):
        files.load_array(path, shape=(4, 5), dtype=np.float32)
    with pytest.raises(ArtifactError, match=r"margins\.npy holds .* expected uint8 .*\(4, 1\)"):
        files.load_correct(path, shape=(4, 5))


def test_files_of_others(tmp_path):
    path = tmp_path / "margins.npy"
    np.save(path, np.zeros((4, 5), np.float32))
    with pytest.raises(ArtifactError, match="not a complete file of this workflow"):
        files.load_array(str(path), shape=(4, 5), dtype=np.float32)
    path.write_text("not an array")
    files.seal(path, path)
    with pytest.raises(ArtifactError, match="not a complete .npy file"):
        files.load_array(str(path), shape=(4, 5), dtype=np.float32)
    path = tmp_path / "weights.safetensors"
    save_file(WEIGHTS, path, metadata={"seeds": json.dumps(SEEDS)})
    with pytest.raises(ArtifactError, match="not a complete safetensors file of this workflow"):
        load_weights(str(path), SEEDS)
    path = tmp_path / "record.json"
    for content in (RECORD, [1, 2]):
        path.write_text(json.dumps(content))
        with pytest.raises(ArtifactError, match="not a record of this workflow"):
            files.load_record(str(path))


def test_an_edited_record(tmp_path):
    path = tmp_path / "record.json"
    files.save_record(str(path), RECORD)
    path.write_text(path.read_text().replace("0.5", "0.4"))
    with pytest.raises(ArtifactError, match=r"record\.json is damaged"):
        files.load_record(str(path))


@pytest.mark.parametrize(
    "key, change",
    [
        ("members", {"members": [4, 5, 7]}),
        ("seeds", {"seeds": [*SEEDS[:2], SEEDS[2] + 1]}),
        ("seeds", {"seeds": member_seeds(1, "oracle", "1", MEMBERS)}),
        ("seeds", {"seeds": member_seeds(0, "oracle", "2", MEMBERS)}),
        ("seeds", {"seeds": member_seeds(0, "pretrained", "", MEMBERS)}),
        ("seeds", {"seeds": SEEDS[::-1]}),
        ("epochs", {"epochs": [24]}),
        ("epochs", {"epochs": None}),
    ],
)
def test_a_sound_record_of_other_members(tmp_path, key, change):
    path = str(tmp_path / "0-2.json")
    files.save_record(path, RECORD | change)
    with pytest.raises(ArtifactError, match=rf"0-2\.json holds other {key} than this study's"):
        load_records([path], [MEMBERS], **ORACLES)


def test_records_of_trajectories_are_checked_run_by_run(tmp_path):
    runs = [
        {"method": "ga", "name": "lr0.1", "snapshots": [(1, None)]},
        {"method": "ga", "name": "lr0.2", "snapshots": [(1, None)]},
    ]
    chunks, paths = [[0, 1], [2]], [str(tmp_path / f"{i}.json") for i in range(4)]
    for i, path in enumerate(paths):
        members = chunks[i % 2]
        seeds = member_seeds(0, "unlearned", "1", members)
        run = {"method": "ga", "trajectory": runs[i // 2]["name"], "snapshots": [(1, None)]}
        files.save_record(path, {"members": members, "seeds": seeds, **run})
    study = {"study_seed": 0, "forget_set": "1"}
    records = load_run_records(paths, runs, chunks, **study)
    assert [[one["members"] for one in run] for run in records] == [[[0, 1], [2]]] * 2
    with pytest.raises(ArtifactError, match=r"0\.json holds other trajectory"):
        load_run_records(paths, runs[::-1], chunks, **study)
    with pytest.raises(ArtifactError, match=r"0\.json holds other snapshots"):
        load_run_records(paths, [run | {"snapshots": [(5, 3)]} for run in runs], chunks, **study)
    with pytest.raises(ArtifactError, match=r"0\.json holds other method"):
        load_run_records(paths, [run | {"method": "gda"} for run in runs], chunks, **study)
    with pytest.raises(ArtifactError, match=r"0\.json holds other members"):
        load_run_records(paths, runs, chunks[::-1], **study)


def test_weights_of_other_members(tmp_path):
    path = str(tmp_path / "weights.safetensors")
    save_weights(path, WEIGHTS, SEEDS)
    with pytest.raises(ArtifactError, match=r"weights\.safetensors holds members of other seeds"):
        load_weights(path, SEEDS[::-1])


def test_the_same_weights_are_the_same_file(tmp_path):
    contents = set()
    for number in range(5):
        save_weights(str(tmp_path / f"{number}.safetensors"), WEIGHTS, SEEDS)
        contents.add((tmp_path / f"{number}.safetensors").read_bytes())
    assert len(contents) == 1
