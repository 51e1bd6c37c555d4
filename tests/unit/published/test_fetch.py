"""What is fetched of a published source, without a network."""

import hashlib
from fnmatch import fnmatchcase
from types import SimpleNamespace

import huggingface_hub
import pytest

from unlearning.published.fetch import LAYOUTS, fetch, numbers_below

REVISION = "0123456789abcdef0123456789abcdef01234567"
SETS = range(1, 11)


def everything(source):
    """Return the names of all that matters of a source of 200 members, and of much besides."""
    layout = LAYOUTS[source]
    names = {name for member in range(200) for name in layout.pretrained_files(member)}
    for number in SETS:
        names |= {name for member in range(200) for name in layout.oracle_files(member, number)}
    others = {name.replace("margins/", "logits/").replace("oracle", "other") for name in names}
    return names | others | {"README.md", "oracles/CIFAR10/only_margins/forget_set_1/x.pt"}


@pytest.fixture
def hub(monkeypatch):
    """Replace the library by one that has everything but ``lacks``, and records its calls."""
    state = SimpleNamespace(calls=[], fetched=set(), lacks=set(), mismatches=[], error=None)

    def snapshot_download(repository, *, repo_type, revision, local_dir, allow_patterns):
        state.calls.append((repository, repo_type, revision, local_dir))
        if state.error:
            raise state.error
        source = next(s for s, layout in LAYOUTS.items() if repository == layout.REPOSITORY)
        for name in everything(source) - state.lacks:
            if any(fnmatchcase(name, pattern) for pattern in allow_patterns):
                state.fetched.add(name)
                (local_dir / name).parent.mkdir(parents=True, exist_ok=True)
                (local_dir / name).touch()

    def verify(self, repository, *, repo_type, revision, local_dir):
        state.calls.append((repository, repo_type, revision, local_dir))
        return SimpleNamespace(mismatches=[{"path": name} for name in state.mismatches])

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    monkeypatch.setattr(huggingface_hub.HfApi, "verify_repo_checksums", verify)
    return state


@pytest.mark.parametrize("count", [1, 9, 10, 11, 99, 100, 101, 137, 200, 1000])
def test_patterns_match_the_numbers_below_and_no_others(count):
    patterns = numbers_below(count)
    names = [str(number) for number in range(1200)] + ["", "00", "01", "007", "1x", "-1"]
    matched = [name for name in names if any(fnmatchcase(name, p) for p in patterns)]
    assert matched == [str(number) for number in range(count)]
    assert len(patterns) < 10


PRETRAINED, ORACLES, NUMBERS = 12, 15, (3, 10)
EASYDUB = (
    {
        name.format(member)
        for name in (
            "margins/cifar10/pretrain/retain/resnet9/id_{}_epoch_23.npy",
            "margins/cifar10/pretrain/val/resnet9/id_{}_epoch_23.npy",
            "models/cifar10/pretrain/resnet9/id_{}_epoch_23.pt",
        )
        for member in range(PRETRAINED)
    }
    | {
        f"margins/cifar10/oracle/forget_{z}/{split}/resnet9/id_{member}_epoch_23.npy"
        for z in NUMBERS
        for split in ("retain", "forget", "val")
        for member in range(ORACLES)
    }
    | {f"forget_sets/cifar10/forget_set_{z}.npy" for z in NUMBERS}
    | {f"margins/cifar10/pretrain/forget_{z}/resnet9/id_0_epoch_23.npy" for z in NUMBERS}
)
KLOM_MODELS = (
    {
        f"{folder}/{split}_margins_all.pt"
        for folder in (
            "full_models/CIFAR10",
            "oracle_models/CIFAR10/only_margins/forget_set_3",
            "oracle_models/CIFAR10/only_margins/forget_set_10",
        )
        for split in ("train", "val")
    }
    | {f"full_models/CIFAR10/sd_{member}____epoch_23.pt" for member in range(PRETRAINED)}
    | {f"forget_set_indices/CIFAR10/forget_set_{z}.npy" for z in NUMBERS}
)
NEEDED = {"easydub": EASYDUB, "klom_models": KLOM_MODELS}
CHECKPOINT = "models/cifar10/pretrain/resnet9/id_{}_epoch_23.pt"


def get(source, folder, revision=REVISION):
    return fetch(source, folder, revision, PRETRAINED, ORACLES, NUMBERS)


@pytest.mark.parametrize("source", LAYOUTS)
def test_exactly_what_is_needed_is_fetched(source, hub, tmp_path):
    path = get(source, tmp_path)
    assert hub.fetched == NEEDED[source]
    repository = {"easydub": "easydub/EasyDUB-dataset", "klom_models": "royrin/KLOM-models"}
    # The download and the comparison of checksums; no two revisions share a folder.
    assert hub.calls == [(repository[source], "dataset", REVISION, path)] * 2
    assert path == tmp_path / source / REVISION


@pytest.mark.parametrize("revision", ["main", "v1.0", REVISION[:7], REVISION.upper(), ""])
def test_a_revision_that_can_move_is_refused(revision, hub, tmp_path):
    with pytest.raises(ValueError, match="40 hexadecimal digits.* branch or tag .* can change"):
        get("easydub", tmp_path, revision)
    assert not hub.calls


def test_an_unknown_source_is_refused(hub, tmp_path):
    with pytest.raises(ValueError, match="one of easydub, klom_models, not 'other'"):
        get("other", tmp_path)


def test_a_failed_download_is_one_sentence(hub, tmp_path):
    hub.error = RuntimeError("404 Client Error.\n\nRevision Not Found\n")
    message = (
        f"EasyDUB-dataset at .* into {tmp_path}.*404 Client Error. Revision Not Found.*network"
    )
    with pytest.raises(FileNotFoundError, match=message):
        get("easydub", tmp_path)


def test_a_library_that_fetches_too_little_is_noticed(hub, tmp_path):
    hub.lacks = {CHECKPOINT.format(7)}
    with pytest.raises(FileNotFoundError, match=r"lacks 1 of the 36 files .*id_7_epoch_23.pt"):
        fetch("easydub", tmp_path, REVISION, PRETRAINED, 0, [])


def test_files_without_the_checksum_of_the_source_are_refused(hub, tmp_path):
    hub.mismatches = [CHECKPOINT.format(3)]
    with pytest.raises(ValueError, match=r"id_3_epoch_23.pt is damaged, one of 1: .*delete it"):
        get("easydub", tmp_path)


def noted(target, name, content, git):
    """Leave a file as the library leaves it: with a note of commit, checksum and time."""
    header = f"blob {len(content)}\0".encode() if git else b""
    digest = hashlib.new("sha1" if git else "sha256", header + content).hexdigest()
    note = target / ".cache" / "huggingface" / "download" / f"{name}.metadata"
    for path in (target / name, note):
        path.parent.mkdir(parents=True, exist_ok=True)
    (target / name).write_bytes(content)
    note.write_text(f"{REVISION}\n{digest}\n1.5\n")


def test_complete_files_are_enough_without_a_network(hub, tmp_path, caplog):
    hub.error = huggingface_hub.errors.OfflineModeIsEnabled("offline mode is enabled")
    target = tmp_path / "easydub" / REVISION
    for number, name in enumerate(sorted(NEEDED["easydub"])):
        noted(target, name, name.encode(), git=number % 2 == 0)
    assert get("easydub", tmp_path) == target
    assert "could not be fetched" in caplog.text and "are there, and used" in caplog.text
    (target / CHECKPOINT.format(3)).write_bytes(b"torn")
    with pytest.raises(ValueError, match=r"id_3_epoch_23.pt is damaged, one of 1"):
        get("easydub", tmp_path)
    (target / CHECKPOINT.format(3)).unlink()
    with pytest.raises(FileNotFoundError, match="could not be fetched.*offline mode is enabled"):
        get("easydub", tmp_path)
