"""Bytes on the device, normalised batch by batch."""

import numpy as np
import torch

from unlearning.computing import batches

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
    before = data.inputs.clone()
    next(data.in_order(2)).zero_()
    assert data.inputs.dtype == torch.uint8 and torch.equal(data.inputs, before)
    assert data.dtype == data.gather(torch.tensor([[0]]))[0].dtype == torch.float32


#: Of the reference implementation of SplitMix64, from the state 1234567.
SPLITMIX64 = [
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
]


def splitmix64(state, count):
    """Return the next numbers of the generator, with Python's integers."""
    found = []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        mixed = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) % 2**64
        found.append(mixed ^ (mixed >> 31))
    return found


def test_the_slow_reference_is_splitmix64():
    assert splitmix64(1234567, 5) == SPLITMIX64


def test_orders_are_those_of_the_slow_reference():
    points, seeds = torch.arange(100, 120).expand(3, -1), [0, 5, 2**63 - 1]
    order = batches.ordered(points, seeds, 7, 1)
    for row, seed in zip(order.tolist(), seeds, strict=True):
        state = seed
        for part in (7, 1):
            state = splitmix64((state + part * 0x9E3779B97F4A7C15) % 2**64, 1)[0]
        # As signed numbers, which is how they are sorted.
        numbers = [(number ^ 2**63) - 2**63 for number in splitmix64(state, 20)]
        assert row == [100 + place for place in np.argsort(numbers)]


def test_every_pass_of_every_member_has_an_order_of_its_own():
    points = torch.arange(50).expand(4, -1)
    keys = [(1, 0), (1, 1), (2, 0), (0, 1), (0,), (1,)]
    orders = torch.cat([batches.ordered(points, [1, 2, 3, 4], *key) for key in keys])
    assert len({tuple(order) for order in orders.tolist()}) == 24
    assert torch.equal(orders.sort(1).values, torch.arange(50).expand(24, -1))
    again = batches.ordered(points[1:2], [2], 2, 0)
    assert torch.equal(again[0], orders[2 * 4 + 1])


def test_orders_are_uniform():
    """Each point is as often in each place: chi-squared over 8 x 8 places of 20,000 orders."""
    orders = batches.ordered(torch.arange(8).expand(20_000, -1), range(20_000), 3)
    counts = torch.stack([orders[:, place].bincount(minlength=8) for place in range(8)])
    chi_squared = ((counts - 2500) ** 2 / 2500).sum().item()
    assert 20 < chi_squared < 90  # 49 degrees of freedom: a mean of 49, a deviation of 10


def test_normal_numbers_are_normal_and_each_members_own():
    draw = {"device": torch.device("cpu"), "dtype": torch.float64}
    found = batches.normals([5, 6, 7], 100_001, 1, 2, **draw)
    assert found.shape == (3, 100_001)
    for moment, expected in ((1, 0), (2, 1), (3, 0), (4, 3)):
        means = (found**moment).mean(1)
        assert (means - expected).abs().max() < 5 * (96 / 100_001) ** 0.5, moment
    rows = [*found, batches.normals([5], 100_001, 1, 3, **draw)[0], found[0].roll(1)]
    assert torch.corrcoef(torch.stack(rows)).fill_diagonal_(0).abs().max() < 0.02
    halves = found[:, :50_000], found[:, 50_001:100_001]  # of one whole number each
    assert (halves[0] * halves[1]).mean().abs() < 0.02
    torch.testing.assert_close(
        batches.normals([7], 100_001, 1, 2, **draw)[0], found[2], rtol=0, atol=0
    )
