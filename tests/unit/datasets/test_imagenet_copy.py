"""Copies of ImageNet as people have them: the same photographs, or a sentence on what to do."""

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from unlearning.datasets import living17
from unlearning.datasets.base import checksum

IDS = sorted(living17.superclasses())
OTHERS = ["n01440764", "n01443537"]  # classes of ImageNet that Living-17 has not
KAGGLE = "ILSVRC/Data/CLS-LOC"
#: As in the development kit: classes are numbered in an order of its own, groups of classes after.
NUMBERED = [*OTHERS[::-1], *np.random.default_rng(0).permutation(IDS).tolist()]


def image_name(number):
    return f"ILSVRC2012_val_{number:08d}"


#: Two validation images of each class, in no order.
LABELS = {
    image_name(number): name
    for number, name in enumerate(np.random.default_rng(1).permutation([*IDS, *OTHERS] * 2), 1)
}


@pytest.fixture
def folders(tmp_path):
    """A copy with a folder for each class in both splits."""
    root, rng = tmp_path / "folders", np.random.default_rng(2)
    for name in IDS:
        for split, names in (("train", [f"{name}_{number}" for number in (4, 17, 3)]), ("val", [])):
            (root / split / name).mkdir(parents=True)
            for image in names or [image for image, label in LABELS.items() if label == name]:
                pixels = rng.integers(0, 256, (9, 7, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(root / split / name / f"{image}.JPEG")
    return root


def flattened(folders):
    """Take the validation images out of their folders, and put those of other classes beside."""
    for path in [*(folders / "val").glob("*/*.JPEG")]:
        path.rename(folders / "val" / path.name)
    for folder in [path for path in (folders / "val").iterdir() if path.is_dir()]:
        folder.rmdir()
    for image, label in LABELS.items():
        if label in OTHERS:
            (folders / "val" / f"{image}.JPEG").write_text("never read")
    return folders


@pytest.fixture
def flat(folders):
    return flattened(folders)


def write_table(path):
    rows = [f"{image},{label} 1 2 30 40 {label} 5 6 7 8 " for image, label in LABELS.items()]
    path.write_text("\n".join(["ImageId,PredictionString", *reversed(rows)]) + "\n")


def write_ground_truth(path):
    path.write_text("".join(f"{1 + NUMBERED.index(label)}\n" for label in LABELS.values()))


def write_meta(path, ids=(*NUMBERED, "n00001740")):
    """The table of the development kit, a group of classes last."""
    rows = [(k, name, "words", 0 if name in NUMBERED else 2) for k, name in enumerate(ids, start=1)]
    types = [("ILSVRC2012_ID", "O"), ("WNID", "O"), ("words", "O"), ("num_children", "O")]
    savemat(path, {"synsets": np.array(rows, dtype=types)[:, None]})


def load(root, n_train=136, n_validation=136):
    return living17.load(n_train=n_train, n_validation=n_validation, seed=0, folder=str(root))


def test_a_flat_folder_with_a_table_gives_the_same_data(folders):
    expected = checksum(load(folders))
    root = flattened(folders)
    write_table(root / "LOC_val_solution.csv")
    assert checksum(load(root)) == expected


@pytest.mark.parametrize("place", ["", "ILSVRC2012_devkit_t12/data", "data", "val"])
def test_a_flat_folder_with_a_ground_truth_gives_the_same_data(folders, place):
    expected = checksum(load(folders))
    root = flattened(folders)
    (root / place).mkdir(parents=True, exist_ok=True)
    write_ground_truth(root / place / "ILSVRC2012_validation_ground_truth.txt")
    with pytest.raises(FileNotFoundError, match="stands in meta.mat of the dev.* is missing: put"):
        load(root)
    write_meta(root / place / "meta.mat")
    assert checksum(load(root)) == expected


@pytest.mark.parametrize("given", ["", "ILSVRC", KAGGLE])
def test_kaggles_tree_gives_the_same_data(folders, tmp_path, given):
    expected = checksum(load(folders))
    root = tmp_path / "kaggle"
    (root / "ILSVRC" / "Data").mkdir(parents=True)
    flattened(folders).rename(root / KAGGLE)
    write_table(root / "LOC_val_solution.csv")
    assert checksum(load(root / given)) == expected


@pytest.mark.parametrize("suffix", [".jpeg", ".jpg", ".JPG", ".Jpeg"])
def test_other_suffixes_are_read_where_the_published_one_is_missing(folders, suffix):
    expected = load(folders, n_train=204)
    published = [*folders.glob("*/*/*.JPEG")]
    for path in published:
        path.rename(path.with_suffix(suffix))
        path.with_name(f"._{path.name}").write_text("what another system adds")
    assert checksum(load(folders, n_train=204)) == checksum(expected)
    place = folders / "train" / IDS[0]
    Image.new("RGB", (5, 5), (255, 0, 0)).save(place / "z.JPEG")
    found = load(folders, n_train=68)  # one published suffix, and no other is read
    assert (found.images[0] == [[[254, 0, 0]]]).all()
    with pytest.raises(ValueError, match=rf"{IDS[0]} \(1\)\. {IDS[0]} has \*\{suffix} as well\."):
        load(folders)


def test_no_file_beside_a_flat_folder(flat):
    with pytest.raises(FileNotFoundError, match="val has images in no class folders, .*: neither"):
        load(flat)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ImageId,Class\na,b\n", "must have the columns ImageId and PredictionString"),
        ("ImageId,PredictionString\na,\n", r"line 2: PredictionString must be .*, not ''"),
        ("ImageId,PredictionString\na,n01 1 2 3 4\n", "line 2: .* not 'n01 1 2 3 4'"),
        (
            "ImageId,PredictionString\na,n01440764 1 2 3 4 n01443537 1 2 3 4\n",
            "line 2: .* with the same id",
        ),
        ("ImageId,PredictionString\na,n01440764 1 2 3 4\n", "does not say the class of ILSVRC2012"),
        (b"\xff\xfe\x00\x01", "must have the columns"),
    ],
)
def test_a_table_that_is_wrong_is_named(flat, text, message):
    path = flat / "LOC_val_solution.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=f"LOC_val_solution.csv.*{message}"):
        load(flat)


def test_a_ground_truth_that_is_wrong_is_named(flat):
    truth, meta = flat / "ILSVRC2012_validation_ground_truth.txt", flat / "meta.mat"
    write_meta(meta)
    for text, message in (
        ("1\nfour\n", "line 2: 'four' is no class of .*meta.mat"),
        ("1\n99\n", "line 2: '99' is no class"),
        ("1\n2\n", "does not say the class of ILSVRC2012_val_00000003.JPEG"),
    ):
        truth.write_text(text)
        with pytest.raises(ValueError, match=f"ground_truth.txt.*{message}"):
            load(flat)
    write_ground_truth(truth)
    write_meta(meta, [*NUMBERED[:-1], "axolotl"])
    with pytest.raises(ValueError, match="meta.mat is not the table of classes of ILSVRC 2012"):
        load(flat)
    meta.write_bytes(meta.read_bytes()[:300])
    with pytest.raises(ValueError, match="meta.mat is not the table of classes of ILSVRC 2012: "):
        load(flat)


def test_too_few_images_of_a_flat_folder(flat):
    write_table(flat / "LOC_val_solution.csv")
    with pytest.raises(
        ValueError, match=r"val has classes with fewer than the 3 .*\(2\) and 65 more"
    ):
        load(flat, n_validation=204)


def test_archives_are_named_with_what_to_do(folders):
    (folders / "train" / IDS[0]).rename(folders / "elsewhere")
    (folders / "train" / f"{IDS[0]}.tar").touch()
    message = rf"lacks 1 of the 68 .*{IDS[0]}.*archives, such as {IDS[0]}\.tar: unpack each into"
    with pytest.raises(FileNotFoundError, match=message):
        load(folders)
    (folders / "train" / IDS[0]).mkdir()
    (folders / "train" / f"{IDS[0]}.tar").rename(folders / "train" / IDS[0] / "0.tar")
    with pytest.raises(ValueError, match=rf"{IDS[0]} \(0\)\..* such as 0\.tar: unpack each"):
        load(folders)


def test_published_names_are_named_with_what_to_do(folders):
    (folders / "val").rename(folders / "ILSVRC2012_img_val")
    with pytest.raises(FileNotFoundError, match="no folder val, but a folder ILSVRC2012_img_val: "):
        load(folders)
    (folders / "ILSVRC2012_img_val").rename(folders / "elsewhere")
    (folders / "ILSVRC2012_img_val.tar").touch()
    with pytest.raises(FileNotFoundError, match="no folder val, but ILSVRC2012_img_val.tar: unpac"):
        load(folders)
