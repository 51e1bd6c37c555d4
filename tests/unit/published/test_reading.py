"""Margins, forget sets and checkpoints read from folders of the published layouts."""

import os

import numpy as np
import pytest
import torch

from unlearning.ensembles.margins import margin
from unlearning.networks import models
from unlearning.published import easydub, klom_models
from unlearning.published.forget_sets import forget_indices

N_TRAIN, N_VALIDATION, MEMBERS = 40, 15, 4
SIZES = {"n_train": N_TRAIN, "n_validation": N_VALIDATION}
# In no order, as one of the published sets is.
FORGET = np.array([31, 4, 17, 5])
LAYOUTS = {"easydub": easydub, "klom_models": klom_models}
INDICES = {"easydub": "forget_sets/cifar10", "klom_models": "forget_set_indices/CIFAR10"}
CHECKPOINT = {
    "easydub": "models/cifar10/pretrain/resnet9/id_{}_epoch_23.pt",
    "klom_models": "full_models/CIFAR10/sd_{}____epoch_23.pt",
}


def put(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, value) if path.suffix == ".npy" else torch.save(value, path)


def write_easydub(root, pretrained, oracle):
    retain = np.delete(np.arange(N_TRAIN), FORGET)
    validation = slice(N_TRAIN, None)
    parts = {
        "pretrain/retain": pretrained[:, :N_TRAIN],
        "pretrain/val": pretrained[:, validation],
        "pretrain/forget_3": pretrained[:, FORGET],
        "oracle/forget_3/retain": oracle[:, retain],
        "oracle/forget_3/forget": oracle[:, FORGET],
        "oracle/forget_3/val": oracle[:, validation],
    }
    for part, margins in parts.items():
        for member, row in enumerate(margins):
            put(root / f"margins/cifar10/{part}/resnet9/id_{member}_epoch_23.npy", row)


def write_klom_models(root, pretrained, oracle, oracles="oracle_models"):
    folders = {
        "full_models/CIFAR10": pretrained,
        f"{oracles}/CIFAR10/only_margins/forget_set_3": oracle,
    }
    for folder, margins in folders.items():
        values = torch.from_numpy(margins)
        put(root / folder / "train_margins_all.pt", values[:, :N_TRAIN].clone())
        put(root / folder / "val_margins_all.pt", values[:, N_TRAIN:].clone())


def ensembles(dtype=np.float32):
    rng = np.random.default_rng(0)
    return rng.normal(5, 3, (2, MEMBERS, N_TRAIN + N_VALIDATION)).astype(dtype)


def write(source, root, dtype=np.float32):
    pretrained, oracle = ensembles(dtype)
    {"easydub": write_easydub, "klom_models": write_klom_models}[source](root, pretrained, oracle)
    put(root / INDICES[source] / "forget_set_3.npy", FORGET)
    return pretrained, oracle


@pytest.fixture(params=list(LAYOUTS))
def source(request):
    return request.param


def read_all(source, root, members=range(MEMBERS), forget=FORGET, **sizes):
    layout, sizes = LAYOUTS[source], SIZES | sizes
    pretrained = layout.pretrained_margins(root, members, **sizes)
    return pretrained, layout.oracle_margins(root, 3, members, forget, **sizes)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_margins_come_back_in_the_order_of_the_data_set(source, dtype, tmp_path):
    written = write(source, tmp_path, dtype)
    found = read_all(source, tmp_path, forget=np.sort(FORGET))
    for before, after in zip(written, found, strict=True):
        assert after.dtype == np.float32
        np.testing.assert_array_equal(after, before.astype(np.float32))


def test_the_members_asked_for_are_read(source, tmp_path):
    written = write(source, tmp_path)
    for before, after in zip(written, read_all(source, tmp_path, members=[1, 3]), strict=True):
        np.testing.assert_array_equal(after, before[[1, 3]])


@pytest.mark.parametrize("members", [range(9), [0, MEMBERS]])
def test_members_that_there_are_not_are_counted(source, members, tmp_path):
    write(source, tmp_path)
    message = rf"{tmp_path}.*asked for {len(members)}, members in .* {MEMBERS}\b"
    with pytest.raises(ValueError, match=message):
        read_all(source, tmp_path, members=members)


def test_forget_sets_are_sorted_and_validated(source, tmp_path):
    write(source, tmp_path)
    found = forget_indices(source, tmp_path, 3, n_train=N_TRAIN)
    assert found.dtype == np.int64
    assert found.tolist() == [4, 5, 17, 31]
    with pytest.raises(ValueError, match="forget_set_3.npy: indices must be between 0 and 30"):
        forget_indices(source, tmp_path, 3, n_train=31)


def test_oracles_of_another_forget_set_are_refused(source, tmp_path):
    write(source, tmp_path)
    with pytest.raises(ValueError, match="forget_set_3.npy is not the study's .* they share 3"):
        read_all(source, tmp_path, forget=[4, 5, 6, 17])


def test_wrong_shapes_are_refused(source, tmp_path):
    write(source, tmp_path)
    for size in SIZES:
        with pytest.raises(ValueError, match=rf"{tmp_path}.* of shape .*, expected"):
            read_all(source, tmp_path, **{size: SIZES[size] + 1})


def test_forget_rows_inside_the_retained_ones_are_refused(tmp_path):
    _, oracle = write("easydub", tmp_path)
    retain = tmp_path / "margins/cifar10/oracle/forget_3/retain/resnet9/id_2_epoch_23.npy"
    put(retain, oracle[2, :N_TRAIN])
    with pytest.raises(ValueError, match=rf"{retain} .* \({N_TRAIN},\), expected \(36,\)"):
        read_all("easydub", tmp_path)


def test_forgotten_points_in_another_order_than_their_indices_are_refused(tmp_path):
    pretrained, oracle = write("easydub", tmp_path)
    ordered = tmp_path / "margins/cifar10/pretrain/forget_3/resnet9/id_0_epoch_23.npy"
    put(ordered, pretrained[0, FORGET] * 1.01)  # as another device computes them
    np.testing.assert_array_equal(read_all("easydub", tmp_path)[1], oracle)
    put(ordered, pretrained[0, np.sort(FORGET)])
    with pytest.raises(ValueError, match=f"{ordered} .* in that order: .* is not known"):
        read_all("easydub", tmp_path)
    ordered.unlink()
    with pytest.raises(ValueError, match=f"{ordered} cannot be read"):
        read_all("easydub", tmp_path)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda row: row.astype(np.int32), "int32; margins must be float16"),
        (lambda row: np.where(row == row[..., :1], np.nan, row), "NaN or infinite"),
        (lambda row: row.astype(np.float64) * 1e300, "NaN or infinite"),
    ],
)
def test_margins_that_are_no_finite_numbers_are_refused(source, spoil, message, tmp_path):
    write(source, tmp_path)
    name = {
        "easydub": "margins/cifar10/pretrain/val/resnet9/id_1_epoch_23.npy",
        "klom_models": "full_models/CIFAR10/val_margins_all.pt",
    }[source]
    values = ensembles()[0][1 if source == "easydub" else slice(None), N_TRAIN:]
    spoiled = spoil(values)
    put(tmp_path / name, spoiled if source == "easydub" else torch.from_numpy(spoiled))
    with pytest.raises(ValueError, match=f"{tmp_path / name} holds .*{message}"):
        read_all(source, tmp_path)


def test_models_trained_on_the_forget_set_are_no_oracles(tmp_path):
    pretrained, oracle = ensembles()
    write_klom_models(tmp_path, pretrained, oracle, oracles="oracles")
    put(tmp_path / INDICES["klom_models"] / "forget_set_3.npy", FORGET)
    with pytest.raises(ValueError, match=f"{tmp_path / 'oracles'} is not taken instead: .*trained"):
        read_all("klom_models", tmp_path)


class Harmful:
    """What a pickle can hold: a call."""

    def __reduce__(self):
        return os.mkdir, ("harm",)


def test_pickles_that_would_run_code_are_refused(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(source, tmp_path)
    checkpoint = tmp_path / CHECKPOINT[source].format(0)
    put(checkpoint, {"0.0.weight": Harmful()})
    with pytest.raises(ValueError, match=f"{checkpoint} is refused: .*mkdir"):
        LAYOUTS[source].pretrained_weights(tmp_path, 0)
    name = {
        "easydub": "margins/cifar10/pretrain/retain/resnet9/id_0_epoch_23.npy",
        "klom_models": "full_models/CIFAR10/train_margins_all.pt",
    }[source]
    put(tmp_path / name, np.array([Harmful()]) if source == "easydub" else Harmful())
    with pytest.raises(ValueError, match=str(tmp_path / name)):
        read_all(source, tmp_path)
    assert not (tmp_path / "harm").exists()


def test_damaged_files_are_named(source, tmp_path):
    write(source, tmp_path)
    for file in [*tmp_path.rglob("*.npy"), *tmp_path.rglob("*.pt")]:
        whole = file.read_bytes()
        if "pretrain/forget_3" in str(file) and "id_0" not in file.name:  # copies, not read
            continue
        file.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ValueError, match=f"{file}.* cannot be read"):
            read_all(source, tmp_path)
        file.write_bytes(whole)


def test_a_file_of_something_else_is_named(tmp_path):
    write("klom_models", tmp_path)
    file = tmp_path / "full_models/CIFAR10/train_margins_all.pt"
    for value, found in [({"a": torch.ones(1)}, "dict"), (torch.ones(1).bfloat16(), "bfloat16")]:
        torch.save(value, file)
        with pytest.raises(ValueError, match=f"{file} holds .*{found}, not one tensor"):
            read_all("klom_models", tmp_path)


@pytest.fixture(scope="module")
def network():
    generator = torch.Generator().manual_seed(0)
    built = models.build({"name": "resnet9", "width": 1.0}, (3, 32, 32), 10, 0).eval()
    for name, value in built.state_dict().items():
        if "running" in name:
            value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
    return built


def published(network, prefix=""):
    """Return the state dict as published code names it."""
    state = network.state_dict().items()
    return {prefix + name.replace(".block.", ".module."): value for name, value in state}


@pytest.mark.parametrize("prefix", ["", "model.", "module.", "model.module.", "module.model."])
def test_checkpoints_give_the_margins_of_their_network(source, network, prefix, tmp_path):
    put(tmp_path / CHECKPOINT[source].format(7), published(network, prefix))
    drawn = torch.get_rng_state()
    weights = LAYOUTS[source].pretrained_weights(tmp_path, 7)
    assert torch.equal(torch.get_rng_state(), drawn)

    generator = torch.Generator().manual_seed(1)
    images = torch.randn(6, 3, 12, 12, generator=generator)
    labels = torch.arange(6)
    ours = models.build({"name": "resnet9", "width": 1.0}, (3, 32, 32), 10, 1).eval()
    ours.load_state_dict(weights)
    with torch.no_grad():
        expected, found = (margin(net(images), labels) for net in (network, ours))
    assert torch.equal(found, expected)


def test_half_precision_checkpoints_in_any_memory_format_are_read(source, network, tmp_path):
    state = {
        name: value.half().contiguous(memory_format=torch.channels_last)
        if value.dim() == 4
        else value
        for name, value in published(network).items()
    }
    put(tmp_path / CHECKPOINT[source].format(0), state)
    weights = LAYOUTS[source].pretrained_weights(tmp_path, 0)
    assert {value.dtype for value in weights.values()} == {torch.float32}
    assert all(value.is_contiguous() for value in weights.values())


def exchanged(state, name, other):
    order = [{name: other, other: name}.get(key, key) for key in state]
    return {key: state[key] for key in order}


MISFITS = {
    r"has 1.0.weight \(float32 of shape \(128, 64, 3, 3\)\) where resnet9 has 1.0.weight": (
        lambda state: state | {"1.0.weight": torch.zeros(128, 64, 3, 3)}
    ),
    r"has 0.1.running_var .* where resnet9 has 0.1.running_mean": (
        lambda state: exchanged(state, "0.1.running_mean", "0.1.running_var")
    ),
    r"has nothing where resnet9 has 9.weight": (
        lambda state: {name: state[name] for name in state if name != "9.weight"}
    ),
    r"has 9.bias .* where resnet9 has nothing": lambda state: state | {"9.bias": torch.zeros(10)},
    r"has 9.weight \(int64 .* where resnet9 has 9.weight": (
        lambda state: state | {"9.weight": state["9.weight"].long()}
    ),
    r"has 9.weight \(list\) where resnet9 has 9.weight": lambda state: state | {"9.weight": []},
    r"9.weight holds NaN": lambda state: state | {"9.weight": state["9.weight"] * torch.nan},
    r"holds float, not a state dict": lambda state: 1.5,
    r"holds dict, not a state dict": lambda state: dict(enumerate(state.values())),
}


@pytest.mark.parametrize("message", MISFITS)
def test_the_first_tensor_that_does_not_fit_is_named(source, network, message, tmp_path):
    path = tmp_path / CHECKPOINT[source].format(0)
    put(path, MISFITS[message](published(network)))
    with pytest.raises(ValueError, match=f"{path}:? {message}"):
        LAYOUTS[source].pretrained_weights(tmp_path, 0)


def test_a_missing_checkpoint_is_named(source, tmp_path):
    put(tmp_path / CHECKPOINT[source].format(0), {})
    missing = tmp_path / CHECKPOINT[source].format(1)
    with pytest.raises(ValueError, match=f"{missing} is missing: .* in its folder 1"):
        LAYOUTS[source].pretrained_weights(tmp_path, 1)
