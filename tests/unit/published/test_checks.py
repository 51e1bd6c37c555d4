"""Published margins that cannot be what they are said to be are refused, sound ones are not."""

import re

import numpy as np
import pytest

from unlearning.published import checks, recomputed

N_TRAIN, N_VALIDATION = 3000, 200
FORGET = np.random.default_rng(5).choice(N_TRAIN, 300, replace=False)
RETAIN = np.setdiff1d(np.arange(N_TRAIN), FORGET)


def ensemble(members, seed, unlearned=()):
    """Return skewed margins, each point with a mean and a spread of its own, drawn for all."""
    points = np.random.default_rng(0)
    mean = points.normal(6, 3, N_TRAIN + N_VALIDATION)
    mean[list(unlearned)] -= 8
    spread = points.uniform(0.5, 1.5, mean.size)
    noise = np.random.default_rng(seed).gumbel(size=(members, mean.size))
    return (mean - spread * noise).astype(np.float32)


def check(pretrained, oracle):
    return checks.check_alignment(pretrained, oracle, FORGET, "folder", n_train=N_TRAIN)


@pytest.mark.parametrize(
    ("members", "floor"), [(20, 5.06), (50, 1.72), (80, 0.88), (100, 0.67), (200, 0.28)]
)
def test_the_noise_floor_is_the_known_one(members, floor):
    assert checks.noise_floor(members, members) == pytest.approx(floor, rel=0.04)


@pytest.mark.parametrize("members", [(20, 20), (100, 100), (20, 100), (200, 100)])
def test_sound_ensembles_pass(members):
    pretrained, oracle = ensemble(members[0], 1), ensemble(members[1], 2, FORGET)
    alignment = check(pretrained, oracle)
    assert alignment.floor == checks.noise_floor(*members)
    assert 0.8 < alignment.score / alignment.floor < 1.2


def shuffled(oracle):
    oracle[:, RETAIN] = oracle[:, np.random.default_rng(3).permutation(RETAIN)]


def forget_rows_inside_retain(oracle):
    oracle[:, RETAIN] = oracle[:, : len(RETAIN)].copy()


def wrong_class_order(oracle):
    oracle[:, :N_TRAIN] = -oracle[:, :N_TRAIN]


@pytest.mark.parametrize("members", [20, 100])
@pytest.mark.parametrize("misalign", [shuffled, forget_rows_inside_retain, wrong_class_order])
def test_misaligned_rows_are_refused(members, misalign):
    pretrained, oracle = ensemble(members, 1), ensemble(members, 2, FORGET)
    misalign(oracle)
    with pytest.raises(ValueError, match="^folder: .* noise floor .* out of order"):
        check(pretrained, oracle)


def test_a_tenth_of_the_rows_out_of_order_is_refused():
    pretrained, oracle = ensemble(100, 1), ensemble(100, 2, FORGET)
    some = RETAIN[: len(RETAIN) // 10]
    oracle[:, some] = oracle[:, np.roll(some, 1)]
    with pytest.raises(ValueError, match="out of order"):
        check(pretrained, oracle)


def test_margins_too_far_off_for_chance_are_refused():
    pretrained, oracle = ensemble(100, 1), ensemble(100, 2, FORGET)
    with pytest.raises(ValueError, match=r"KLoM of (1\.[4-9]|2\.[0-6])"):
        check(pretrained, oracle + np.float32(0.8))


@pytest.mark.parametrize("members", [20, 100])
def test_an_ensemble_is_not_its_own_oracle(members):
    pretrained = ensemble(members, 1)
    with pytest.raises(ValueError, match="share members"):
        check(pretrained, pretrained.copy())


def test_a_single_member_says_nothing():
    with pytest.raises(ValueError, match="noise floor"):
        check(ensemble(1, 1), ensemble(1, 2, FORGET))


def test_recomputed_margins_may_differ_by_rounding():
    stored = ensemble(1, 1)[0]
    recomputed.check_recomputed(stored, stored.astype(np.float16), "id_0.pt")
    recomputed.check_recomputed(stored, stored * 1.02 + 0.02, "id_0.pt")


@pytest.mark.parametrize(("first", "value"), [(0.2, 9.0), (0.04, np.nan)])
def test_other_recomputed_margins_are_refused_at_the_largest_difference(first, value):
    stored = np.zeros(50, np.float32)
    found = stored.copy()
    found[[20, 33]] = first, value
    message = re.escape(
        f"id_0.pt: its recomputed margins are not those stored for it: they differ "
        f"most at point 33, by {value:.3g}"
    )
    with pytest.raises(ValueError, match=message):
        recomputed.check_recomputed(stored, found, "id_0.pt")


def test_recomputed_margins_of_other_points_are_refused():
    with pytest.raises(ValueError, match=r"id_0.pt: .* shape \(1, 50\)"):
        recomputed.check_recomputed(np.zeros(50, np.float32), np.zeros((1, 50)), "id_0.pt")
