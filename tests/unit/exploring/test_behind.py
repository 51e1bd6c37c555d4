"""What a page embeds of a forget set can be read back, in the order of its runs."""

from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.helpers.exploring import MEMBERS, SETS, study
from unlearning.exploring import behind as sampled
from unlearning.exploring.points import RUN
from unlearning.exploring.runs import shown_runs
from unlearning.scoring.rows import SPLITS


@pytest.fixture(scope="module")
def one():
    scores, behind = study()
    table = shown_runs(scores, list(SETS))
    return behind["2'"], table[table["forget_set"] == "2'"]


def test_rows_follow_the_order_of_the_page(one):
    behind, shown = one
    found = sampled.of_runs(behind, shown)
    assert found.runs[RUN].to_numpy().tolist() == shown[RUN].to_numpy().tolist()
    place = behind.runs.index[(behind.runs[RUN] == shown[RUN].iloc[3]).all(axis=1)][0]
    for ours, theirs in zip(found.histograms, behind.histograms, strict=True):
        np.testing.assert_array_equal(ours[3], theirs[place])


def test_a_run_that_was_not_sampled_is_named(one):
    behind, shown = one
    with pytest.raises(ValueError, match="no margins were sampled of ga, lr9, epoch 1 on forget"):
        sampled.of_runs(
            behind, shown[shown["method"] == "ga"].head(1).assign(setting="lr9", epoch=1)
        )


def test_a_block_holds_floats_then_counts(one):
    behind, _ = one
    data = sampled.packed(behind)
    counts, measured = behind.histograms
    floats = np.frombuffer(data, "<f4", behind.margins.size + measured.size)
    np.testing.assert_array_equal(floats[: behind.margins.size], behind.margins.ravel())
    np.testing.assert_array_equal(floats[behind.margins.size :], measured.ravel())
    rest = np.frombuffer(data, np.uint8, offset=floats.nbytes)
    np.testing.assert_array_equal(rest, counts.ravel())
    about = sampled.embedded(behind, np.arange(20))
    assert about["members"] == MEMBERS and about["places"] == 21
    assert about["label"] == about["point"]


def test_the_worst_point_of_each_run_is_there_with_its_klom(one):
    behind, _ = one
    found = sampled.worst(behind)
    # Baselines have no table of points.
    assert found["worst_retain"][0] is found["worst_retain_klom"][0] is None
    run, points = 4, behind.points
    for split in SPLITS:
        # All points of the small study are sampled: the worst of them is the worst of all.
        here = points["split"] == split
        klom = behind.histograms.measured[run, here.to_numpy(), 2]
        assert found[f"worst_{split}"][run] == points["point"][here].to_numpy()[klom.argmax()]
        assert found[f"worst_{split}_klom"][run] == pytest.approx(klom.max(), rel=1e-4)


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_the_images_and_large_ones_are_thinned(channels):
    images = np.random.default_rng(0).integers(0, 255, (3, 8, 8, channels), dtype=np.uint8)
    found = sampled.pictures(images, [2])
    read = np.asarray(Image.open(BytesIO(b64decode(found["2"]))))
    np.testing.assert_array_equal(read.reshape(8, 8, channels), images[2])
    large = np.repeat(np.repeat(images, 16, axis=1), 16, axis=2)
    thinned = np.asarray(Image.open(BytesIO(b64decode(sampled.pictures(large, [2])["2"]))))
    np.testing.assert_array_equal(thinned.reshape(64, 64, channels), large[2, ::2, ::2])
