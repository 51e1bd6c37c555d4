"""Images brought to one size, and what normalises them."""

import numpy as np
import pytest

from unlearning.datasets.base import Dataset
from unlearning.datasets.images import normalisation, pad


def test_pad_centres_and_leaves_the_odd_border_last():
    images = np.arange(60, dtype=np.uint8).reshape(5, 2, 3, 2)
    padded = pad(images, 6)
    assert padded.shape == (5, 6, 6, 2) and padded.dtype == np.uint8
    np.testing.assert_array_equal(padded[:, 2:4, 1:4], images)
    assert padded.sum() == images.sum()
    with pytest.raises(ValueError, match="size is 2, but images of 2 x 3 pixels need 3"):
        pad(images, 2)


def test_normalisation_is_that_of_the_training_images_alone():
    images = np.zeros((3, 1, 2, 3), np.uint8)
    images[:2, :, :, 0] = 51  # constant: 0.2, and a deviation of 0 that becomes 1
    images[0, :, :, 1] = 255  # half 1, half 0: mean and deviation 1/2
    images[0, 0, 0, 2] = 255  # one of four: mean 1/4, deviation sqrt(3)/4
    images[2] = 77
    mean, std = normalisation(Dataset(images, np.zeros(3, np.int64), 2, 1))
    np.testing.assert_allclose(mean, [0.2, 0.5, 0.25], rtol=1e-15)
    np.testing.assert_allclose(std, [1, 0.5, np.sqrt(3) / 4], rtol=1e-15)
    assert {type(value) for value in mean + std} == {float}
