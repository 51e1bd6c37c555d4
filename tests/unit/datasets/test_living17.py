"""Living-17 from a miniature ImageNet: order, crops, the file of classes, and what is refused."""

import logging
import re
import tracemalloc

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets.folder import default_loader
from torchvision.transforms import v2

from unlearning.datasets import living17
from unlearning.datasets.base import Dataset

SUPERCLASSES = (
    "salamander turtle lizard snake spider grouse parrot crab dog wolf fox domestic_cat bear "
    "beetle butterfly ape monkey"
)
IDS = list(living17.superclasses())
NUMBERS = (2, 10, 1)  # as text 1, 10, 2
SAVED = {"quality": 100, "subsampling": 0}


def colour(kind, position, split):
    """A colour that tells the class, the place of its file by name, and the split."""
    return 3 * kind, 60 * position, 200 * (split == "val")


@pytest.fixture
def imagenet(tmp_path):
    """A root with three small images of one colour in each class folder of both splits."""
    root = tmp_path / "imagenet"
    for split in ("train", "val"):
        for kind, name in enumerate(sorted(IDS)):
            (root / split / name).mkdir(parents=True)
            for number in NUMBERS:
                value = colour(kind, sorted(map(str, NUMBERS)).index(str(number)), split)
                Image.new("RGB", (24, 16), value).save(file(root, split, name, number), **SAVED)
    return root


def file(root, split, name, number=1):
    return root / split / name / f"{name}_{number}.JPEG"


def load(root, n_train=68, n_validation=68):
    return living17.load(n_train=n_train, n_validation=n_validation, seed=0, folder=str(root))


def test_the_file_of_classes_has_17_superclasses_of_4_classes():
    names = [name.replace(" ", "_") for name in living17.superclasses().values()]
    assert names == [name for name in SUPERCLASSES.split() for _ in range(4)]
    assert len(set(IDS)) == 68 and all(re.fullmatch(r"n\d{8}", name) for name in IDS)
    lines = living17.CLASS_FILE.read_text().splitlines()
    rows = [line.split(",") for line in lines if not line.startswith("#")]
    assert rows[0] == ["superclass", "wordnet_id", "name"]
    assert len({name for _, _, name in rows[1:]}) == 68
    assert {"n01632777": "axolotl", "n02493793": "spider monkey"}.items() <= {
        name: english for _, name, english in rows
    }.items()


def test_images_come_by_superclass_wordnet_id_and_file_name(imagenet):
    dataset = load(imagenet, 136, 204)
    expected = [colour(kind, place, "train") for kind in range(68) for place in range(2)]
    expected += [colour(kind, place, "val") for kind in range(68) for place in range(3)]
    assert dataset.images.shape == (340, 224, 224, 3) and dataset.n_train == 136
    for extreme in (dataset.images.min(axis=(1, 2)), dataset.images.max(axis=(1, 2))):
        np.testing.assert_allclose(extreme, expected, rtol=0, atol=2)
    labels = [*np.repeat(range(17), 8), *np.repeat(range(17), 12)]
    assert dataset.labels.tolist() == labels and dataset.classes == 17
    assert list(dataset.groups) == sorted(IDS)
    assert [i for group in dataset.groups.values() for i in group] == list(range(136))
    assert dataset.groups["n01631663"] == range(2, 4)


def test_crops_are_the_centre_of_the_resized_image(imagenet):
    first, second, *others = sorted(IDS)
    rows, columns = np.mgrid[:256, :301]
    unresized = np.stack([rows, columns % 256, columns // 256], axis=2).astype(np.uint8)
    ramp = np.broadcast_to(np.arange(512)[:, None] // 2, (512, 700)).astype(np.uint8)
    noise = np.random.default_rng(0)
    shapes = [(333, 500), (500, 333), (257, 256), (91, 77), (256, 299), (40, 301)]
    photographs = {
        name: Image.fromarray(noise.integers(0, 256, (*shape, 3), dtype=np.uint8))
        for name, shape in zip(others, shapes, strict=False)
    }
    images = {first: Image.fromarray(unresized), second: Image.fromarray(ramp), **photographs}
    for name, image in images.items():
        image.save(file(imagenet, "train", name), format="PNG")  # lossless
    dataset = load(imagenet)
    np.testing.assert_array_equal(dataset.images[0], unresized[16:240, 38:262])
    # Halved, row r of the ramp is the mean of values around r; the crop begins at row 16.
    expected = np.arange(16, 240)[:, None, None]
    assert np.abs(dataset.images[1].astype(int) - expected).max() <= 1
    theirs = v2.Compose([v2.Resize(256), v2.CenterCrop(224)])
    for found, image in zip(dataset.images[2:], photographs.values(), strict=False):
        np.testing.assert_array_equal(found, np.asarray(theirs(image)))


def test_other_colour_models_become_rgb(imagenet):
    grey, red, black = (file(imagenet, "train", name) for name in sorted(IDS)[:3])
    Image.new("L", (30, 20), 100).save(grey, **SAVED)
    Image.new("CMYK", (30, 20), (0, 255, 255, 0)).save(red, **SAVED)
    Image.new("CMYK", (30, 20), (0, 0, 0, 255)).save(black, **SAVED)
    found = load(imagenet).images[:3, 100, 100]
    np.testing.assert_allclose(found, [[100] * 3, [255, 0, 0], [0] * 3], rtol=0, atol=2)


def test_the_contents_of_a_file_count_and_not_its_suffix(imagenet):
    """A PNG named .JPEG is read; what is transparent has the colour that it hides."""
    pixels = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    clear = np.dstack([pixels, np.zeros((256, 256), np.uint8)])
    few = Image.fromarray(pixels).quantize(16)
    grey = Image.fromarray(pixels[..., 0])
    grey_clear = Image.merge("LA", [grey, Image.new("L", grey.size, 7)])
    images = [Image.fromarray(pixels), Image.fromarray(clear), few, grey, grey_clear]
    for name, image in zip(sorted(IDS), images, strict=False):
        image.save(file(imagenet, "train", name), format="PNG")
    found, inside = load(imagenet).images, slice(16, 240)
    expected = [pixels, pixels, np.asarray(few.convert("RGB")), *[pixels[..., :1]] * 2]
    for crop, whole in zip(found, expected, strict=False):
        np.testing.assert_array_equal(crop, np.broadcast_to(whole[inside, inside], crop.shape))


def test_an_orientation_in_the_exif_data_is_not_applied(imagenet):
    """As torchvision's reader, whose crops the published networks have seen."""
    path = file(imagenet, "train", sorted(IDS)[0])
    pixels = np.random.default_rng(0).integers(0, 256, (300, 256, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, **SAVED)
    plain = load(imagenet).images[0].copy()
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.fromarray(pixels).save(path, exif=exif, **SAVED)
    np.testing.assert_array_equal(load(imagenet).images[0], plain)
    np.testing.assert_array_equal(np.asarray(default_loader(path))[38:262, 16:240], plain)


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_pixels_of_more_than_8_bits_are_refused(imagenet, mode):
    path = file(imagenet, "train", sorted(IDS)[0])
    Image.new(mode, (30, 20), 300).save(path, format="PNG" if mode == "I;16" else "TIFF")
    with pytest.raises(ValueError, match=f"{path} cannot be .*: .* more than 8 bits .mode {mode}"):
        load(imagenet)


def test_threads_change_nothing_and_images_are_never_copied(imagenet, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(living17, "LOGGED_EVERY", 60)
    monkeypatch.setattr(living17, "THREADS", 1)
    alone = load(imagenet)
    assert caplog.messages == ["60 of 136 images read", "120 of 136 images read"]
    monkeypatch.setattr(living17, "THREADS", 7)
    tracemalloc.start()
    together = load(imagenet)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(together.images, alone.images)
    assert peak < 1.2 * together.images.nbytes


def test_folders_of_other_classes_are_ignored(imagenet):
    (imagenet / "train" / "n01440764").mkdir()
    (imagenet / "train" / "n01440764" / "n01440764_1.JPEG").write_text("no image")
    assert load(imagenet).n_train == 68


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"n_train": 0}, "n_train is 0, but at least 1"),
        ({"n_train": 100}, "n_train is 100, .* multiple of 68"),
        ({"n_train": 88_468}, "n_train is 88468, .*folder train of ImageNet has only 88400"),
        ({"n_validation": -68}, "n_validation is -68, but at least 1"),
        ({"n_validation": 69}, "n_validation is 69, .* multiple of 68"),
        ({"n_validation": 3468}, "n_validation is 3468, .*folder val of ImageNet has only 3400"),
    ],
)
def test_numbers_of_images_are_multiples_within_imagenet(counts, message):
    with pytest.raises(ValueError, match=message):
        load("never read", **counts)


def test_no_folder_or_a_missing_one_is_refused(imagenet):
    with pytest.raises(ValueError, match="folder is None, but ImageNet cannot be downloaded"):
        living17.load(n_train=68, n_validation=68, seed=0, folder=None)
    with pytest.raises(FileNotFoundError, match="nowhere.*no such folder; .*train/<WordNet id>"):
        load(imagenet / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"val has no folder train; .*train/<WordNet id>"):
        load(imagenet / "val")
    (imagenet / "val").rename(imagenet / "validation")
    with pytest.raises(FileNotFoundError, match="imagenet has no folder val; .*val/<WordNet id>"):
        load(imagenet)


@pytest.mark.parametrize("split", ["train", "val"])
def test_missing_class_folders_are_counted_and_named(imagenet, split):
    for number, name in enumerate(sorted(IDS)[:5]):
        (imagenet / split / name).rename(imagenet / split / f"animal{number}")
    message = (
        f"{split} lacks 5 of the 68 class folders .*: n01630670, n01631663, n01632458 and 2 more; "
        "its other folders are animal0, animal1, animal2 and 2 more"
    )
    with pytest.raises(FileNotFoundError, match=message):
        load(imagenet)
    (imagenet / split).rename(imagenet / "elsewhere")
    (imagenet / split).mkdir()
    with pytest.raises(FileNotFoundError, match="lacks 68 of the 68.*other folders are none"):
        load(imagenet)


def test_too_few_images_are_found_before_any_is_read(imagenet):
    file(imagenet, "train", sorted(IDS)[0]).write_text("no image")
    file(imagenet, "val", "n02493793", 2).unlink()
    file(imagenet, "val", "n02493793", 10).rename(imagenet / "val" / "n02493793" / "10.png")
    message = r"val has class folders with fewer than the 2 images .*: n02493793 \(1\)\."
    with pytest.raises(ValueError, match=message):
        load(imagenet, n_validation=136)
    with pytest.raises(ValueError, match=r"fewer than the 4 images .*n01632458 \(3\) and 65 more"):
        load(imagenet, n_train=272)


def test_a_file_cut_short_is_named(imagenet):
    path = file(imagenet, "train", sorted(IDS)[3])
    noise = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    load(imagenet)
    for kept in (0, 3, 400, len(whole) // 2, len(whole) - 200, len(whole) - 3):
        path.write_bytes(whole[:kept])
        with pytest.raises(ValueError, match=f"{path} cannot be read as an image: "):
            load(imagenet)


@pytest.mark.parametrize(
    "group", [range(0, 4), range(-1, 2), range(2, 2), range(0, 3, 2), range(2, 0, -1)]
)
def test_groups_lie_in_the_training_images(group):
    images, labels = np.zeros((5, 2, 2, 1), np.uint8), np.zeros(5, np.int64)
    assert Dataset(images, labels, 3, 1).groups == {}
    assert Dataset(images, labels, 3, 1, {"all": range(3)}).groups == {"all": range(3)}
    with pytest.raises(ValueError, match=r"group 'some' is .* training images 0 to 2\."):
        Dataset(images, labels, 3, 1, {"all": range(3), "some": group})
