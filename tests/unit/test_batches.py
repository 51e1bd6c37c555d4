"""Bytes on the device, normalised batch by batch."""

import numpy as np
import torch

from unlearning import batches

MEAN, STD = [0.25, 0.5], [0.5, 0.125]


def prepared(dtype=torch.float64):
    images = np.random.default_rng(0).integers(0, 256, (7, 3, 3, 2), dtype=np.uint8)
    images.flags.writeable = False  # as an array that is mapped into memory
    labels = np.arange(7) % 3
    return images, batches.prepare(images, labels, MEAN, STD, torch.device("cpu"), dtype)


def test_a_batch_is_what_normalising_everything_would_give():
    images, data = prepared()
    whole = np.moveaxis((images / 255 - np.array(MEAN)) / np.array(STD), 3, 1)
    rows = torch.tensor([[4, 0, 4], [6, 1, 2]])
    gathered, labels = data.gather(rows)
    np.testing.assert_allclose(gathered.numpy(), whole[rows.numpy()], rtol=1e-14)
    assert labels.tolist() == [[1, 0, 1], [0, 1, 2]]
    parts = list(data.in_order(3))
    assert [len(part) for part in parts] == [3, 3, 1]
    np.testing.assert_allclose(torch.cat(parts).numpy(), whole, rtol=1e-14)


def test_bytes_stay_bytes():
    _, data = prepared(torch.float32)
    before = data.images.clone()
    next(data.in_order(2)).zero_()
    assert data.images.dtype == torch.uint8 and torch.equal(data.images, before)
    assert data.dtype == data.gather(torch.tensor([[0]]))[0].dtype == torch.float32
