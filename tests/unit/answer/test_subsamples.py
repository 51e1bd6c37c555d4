"""Fewer members: which are drawn, what they score, and what equal Gaussians would."""

import numpy as np
import pytest

from unlearning.answer.subsamples import (
    AT_ONCE,
    Subsampler,
    gaussian_floor,
    halves,
    measures,
    opposite,
    orders,
)
from unlearning.planning.resources import SUBSAMPLED_SCORES
from unlearning.scoring.klom import klom
from unlearning.scoring.scores import Scoring

SPLITS = {"forget": np.arange(5), "retain": np.arange(5, 40)}
SCORING = Scoring(variant="default", clip=100.0, bootstrap=2, seed=0)


def subsampler(oracle, members=12, sizes=(4, 6, 12), scoring=SCORING, count=3):
    return Subsampler(
        oracle,
        SPLITS,
        scoring,
        list(sizes),
        orders(members, count, seed=0, name="members"),
        orders(len(oracle), count, seed=0, name="oracles"),
    )


@pytest.fixture(scope="module")
def drawn():
    return np.random.default_rng(0).normal(size=(2, 24, 40)).astype(np.float32)


def test_members_are_drawn_once_each_and_halves_share_none():
    order = orders(12, 5, seed=0, name="members")
    for size in (1, 4, 6):
        drawn = halves(order, size)
        assert drawn.shape == (10, size)
        for mine, others in zip(drawn, opposite(drawn), strict=True):
            assert len({*mine, *others}) == 2 * size
    assert (np.sort(halves(order, 12), axis=1) == np.arange(12)).all()


def test_fewer_members_are_among_more():
    order = orders(12, 5, seed=0, name="members")
    for few, many in zip(halves(order, 3), halves(order, 7), strict=True):
        assert set(few) < set(many)


def test_orders_are_those_of_the_seed_and_of_what_is_ordered():
    def order(seed=0, name="members"):
        return orders(12, 2, seed=seed, name=name).tolist()

    assert order() == order()
    assert order() != order(seed=1)
    assert order() != order(name="oracles")


def test_a_subsample_scores_as_its_members_do(drawn):
    margins, oracle = drawn[0][:12], drawn[1]
    tool = subsampler(oracle)
    found = tool.scores(margins)
    assert found.shape == (3, 6, 2, 2)
    for at, size in enumerate(tool.sizes):
        mine, theirs = halves(tool.members, size), halves(tool.oracles, size)
        for row in range(6):
            points = klom(margins[mine[row]], oracle[theirs[row]])
            for part, group in enumerate(SPLITS.values()):
                expected = np.percentile(points[group], 95), points[group].mean()
                assert found[at, row, part] == pytest.approx(expected)


def test_the_floor_is_of_oracles_that_are_not_in_the_reference(drawn):
    tool = subsampler(drawn[1][:20])
    found = tool.floor()
    first, last = tool.oracles[0][:6], tool.oracles[0][::-1][:6]
    points = klom(drawn[1][last], drawn[1][first])
    assert found[1, 0, 1] == pytest.approx((np.percentile(points[5:], 95), points[5:].mean()))
    assert np.isnan(found[2]).all()  # there are no 24 oracles
    assert np.isfinite(found[:2]).all()


def test_blocks_of_subsamples_change_nothing(drawn, monkeypatch):
    whole = subsampler(drawn[1]).scores(drawn[0][:12])
    monkeypatch.setattr("unlearning.answer.subsamples.AT_ONCE", 2 * 40)
    assert (subsampler(drawn[1]).scores(drawn[0][:12]) == whole).all()
    assert AT_ONCE == SUBSAMPLED_SCORES  # what a job is given memory for


def test_diverged_members_have_a_place_or_no_score(drawn):
    margins = drawn[0][:12].copy()
    margins[:, 7] = np.nan
    points = subsampler(drawn[1]).scores(margins)
    assert np.isfinite(points).all()
    published = Scoring(variant="easydub_package", clip=100.0, bootstrap=2, seed=0)
    points = subsampler(drawn[1], scoring=published).scores(margins)
    assert np.isfinite(points[:, :, 0]).all() and np.isnan(points[:, :, 1]).all()


def test_measures_are_of_each_split():
    points = np.arange(40.0)[None].repeat(2, axis=0)
    assert measures(points, SPLITS)[1].tolist() == [[3.8, 2.0], [37.3, 22.0]]


@pytest.mark.parametrize(
    ("size", "p95", "mean"),
    [(20, 5.06, 3.04), (50, 1.72, 0.87), (80, 0.88, 0.45), (100, 0.67, 0.34), (200, 0.28, 0.14)],
)
def test_equal_gaussians_score_what_is_known_of_them(size, p95, mean):
    found = gaussian_floor(size, [10, 20_000], "default", 0)
    assert found[1] == pytest.approx((p95, mean), rel=0.07)
    assert found[0, 1] == pytest.approx(found[1, 1])  # a mean does not depend on how many
    assert found[0, 0] < found[1, 0]  # the 95th percentile of ten is not yet their tenth


def test_the_floor_of_a_variant_is_its_own():
    assert (
        gaussian_floor(50, [100], "a2d", 0)[0, 1] != gaussian_floor(50, [100], "default", 0)[0, 1]
    )
