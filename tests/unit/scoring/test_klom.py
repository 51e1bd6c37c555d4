"""KLoM against closed forms, invariants and slow per-point versions of every variant."""

import math

import numpy as np
import pytest
from scipy.stats import entropy

from unlearning.scoring.kernel import score_float32, score_float64
from unlearning.scoring.klom import CAP, CHUNK, VARIANTS, klom

REFERENCES = [name for name in VARIANTS if name != "default"]


def slow_default(unlearned, oracle):
    unlearned, oracle = unlearned.astype(float), oracle.astype(float)
    both = np.concatenate([unlearned, oracle])
    ends = both.min(), both.max()
    p = np.histogram(unlearned, 20, ends)[0] / len(unlearned)
    q = np.histogram(oracle, 20, ends)[0] / len(oracle)
    held = p > 0
    return np.sum(p[held] * np.log(p[held] / np.maximum(q[held], 1e-5)))


def shares(margins, edges, bins):
    index = np.digitize(margins, edges)
    counts = np.array([np.sum(index == k) for k in bins])
    return counts / counts.sum() if counts.sum() else counts.astype(float)


def slow_benchmark(unlearned, oracle, renormalise=True):
    unlearned, oracle = np.clip(unlearned, -100, 100), np.clip(oracle, -100, 100)
    low, high = min(unlearned.min(), oracle.min()), max(unlearned.max(), oracle.max())
    edges = np.linspace(low, high if high > low else low + 1, 21)
    p, q = (shares(margins, edges, range(1, 21)) for margins in (unlearned, oracle))
    q = np.where(p > 0, np.maximum(q, 1e-5), q)
    if renormalise:
        return entropy(p, q) if p.any() else np.nan
    return np.sum(p[p > 0] * np.log(p[p > 0] / q[p > 0]))


def slow_a2d(unlearned, oracle):
    unlearned = np.clip(unlearned, -100, 100)
    low, high = min(unlearned.min(), oracle.min()), max(unlearned.max(), oracle.max())
    edges = np.linspace(low, high, 20)
    p, q = (shares(margins, edges, range(20)) for margins in (unlearned, oracle))
    return entropy(p, np.maximum(q, 1e-5)) if p.any() and q.any() else np.nan


SLOW = {
    "default": slow_default,
    "a2d": slow_a2d,
    "easydub_bench": slow_benchmark,
    "easydub_package": lambda p, q: slow_benchmark(p, q, renormalise=False),
}


def gaussians(members, other_members, points, shift=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(shift, 2, (members, points)), rng.normal(0, 2, (other_members, points))


def adversarial(kind, dtype):
    """Two ensembles of 31 and 17 members, 80 points, awkward in one way."""
    rng = np.random.default_rng(7)
    unlearned, oracle = gaussians(31, 17, 80, shift=1.0)
    draw = {
        "gaussian": lambda x: x,
        "ties on edges": lambda x: np.round(x) * 0.5,
        "twenty equal steps": lambda x: rng.integers(0, 21, x.shape) / 10 - 0.7,
        "nineteen equal steps": lambda x: rng.integers(0, 20, x.shape) / 7 + 0.1,
        "two values": lambda x: rng.integers(0, 2, x.shape),
        "constant members": lambda x: np.broadcast_to(rng.integers(0, 2, x.shape[1]), x.shape),
        "beyond the clip": lambda x: 60 * x,
        "far beyond the clip": lambda x: 1e6 * x,
        "all above the clip": lambda x: 200 + x,
        "few units in the last place": lambda x: 1 + np.round(6 * x) * np.finfo(dtype).eps,
        "tiny": lambda x: 1e-30 * x,
    }[kind]
    return draw(unlearned).astype(dtype), draw(oracle).astype(dtype)


KINDS = [
    "gaussian",
    "ties on edges",
    "twenty equal steps",
    "nineteen equal steps",
    "two values",
    "constant members",
    "beyond the clip",
    "far beyond the clip",
    "all above the clip",
    "few units in the last place",
    "tiny",
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_every_variant_equals_its_slow_version(variant, kind, dtype):
    unlearned, oracle = adversarial(kind, dtype)
    expected = np.array([SLOW[variant](p, q) for p, q in zip(unlearned.T, oracle.T, strict=True)])
    scores = klom(unlearned, oracle, variant=variant)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    answered = np.isfinite(expected)
    np.testing.assert_allclose(scores[answered], expected[answered], rtol=0, atol=1e-12)


def test_identical_ensembles_score_zero():
    margins, _ = gaussians(30, 1, 70)
    assert (klom(margins, margins) == 0).all()
    for variant in ("easydub_bench", "easydub_package"):
        np.testing.assert_allclose(klom(margins, margins, variant=variant), 0, atol=1e-12)


@pytest.mark.parametrize("ends", [(0, 1), (0, 5e-324), (1, 1 + 2**-52), (-1.7e308, 1.7e308)])
def test_disjoint_point_masses_score_exactly_the_cap(ends):
    low, high = (np.full((members, 3), end) for members, end in zip((7, 11), ends, strict=True))
    assert math.log(1e5) == CAP
    assert (klom(low, high) == CAP).all()
    assert (klom(high, low) == CAP).all()


def test_oracle_probabilities_below_the_floor_are_raised_to_it():
    oracle = np.zeros((200_001, 1))
    oracle[0] = 1
    assert klom([[1.0]], oracle)[0] == CAP


def test_one_common_value_scores_zero_in_every_variant():
    for variant in VARIANTS:
        assert (klom(np.full((3, 2), 1.5), np.full((5, 2), 1.5), variant=variant) == 0).all()


@pytest.mark.parametrize(
    ("unlearned", "oracle", "expected"),
    [
        # The members at the maximum are half of the unlearned models, and count or do not.
        ([0, 1], [0, 0], (CAP / 2 - math.log(2), math.log(1.00019), 0, 0)),
        # All unlearned models are at the maximum: only the package has a published answer, 0.
        ([1, 1], [0, 0], (CAP, CAP, CAP, 0)),
        # All oracles are: to the benchmark's code, floor and renormalisation make the two equal.
        ([0, 0], [1, 1], (CAP, CAP, 0, CAP)),
    ],
)
@pytest.mark.parametrize("unit", [1.0, 30 * 5e-324])
def test_margins_at_the_maximum_are_kept_or_dropped(unlearned, oracle, expected, unit):
    columns = unit * np.array(unlearned)[:, None], unit * np.array(oracle)[:, None]
    scores = [klom(*columns, variant=variant)[0] for variant in VARIANTS]
    assert list(VARIANTS) == ["default", "a2d", "easydub_bench", "easydub_package"]
    np.testing.assert_allclose(scores, expected, atol=1e-12)


def test_direction_is_unlearned_from_oracle():
    unlearned, oracle = np.array([[0.0], [0], [0], [1]]), np.array([[0.0], [1], [1], [1]])
    expected = 0.75 * math.log(3) - 0.25 * math.log(3)
    np.testing.assert_allclose(klom(unlearned, oracle), expected, atol=1e-15)
    narrow, wide = gaussians(40, 40, 50)
    assert (klom(narrow / 4, wide) != klom(wide, narrow / 4)).all()


def test_default_does_not_change_under_increasing_affine_maps():
    unlearned, oracle = gaussians(40, 30, 100, shift=1.0)
    np.testing.assert_array_equal(
        klom(unlearned, oracle), klom(300 * unlearned + 7, 300 * oracle + 7)
    )


@pytest.mark.parametrize(
    ("variant", "members", "p95", "mean"),
    [
        ("default", 20, 4.99, 3.06),
        ("default", 100, 0.678, 0.353),
        ("easydub_bench", 20, 5.0, 3.02),
        ("easydub_bench", 100, 0.67, 0.34),
    ],
)
def test_noise_floor_of_two_equal_gaussian_ensembles(variant, members, p95, mean):
    scores = klom(*gaussians(members, members, 10_000), variant=variant)
    assert np.percentile(scores, 95) == pytest.approx(p95, rel=0.03)
    assert scores.mean() == pytest.approx(mean, rel=0.02)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nonfinite_margins_are_refused_and_counted(bad):
    unlearned, oracle = gaussians(4, 5, 70)
    broken, broken_oracle = unlearned.copy(), oracle.copy()
    broken[[0, 2, 3], [0, 65, 69]] = bad
    broken_oracle[1, 66] = bad
    with pytest.raises(ValueError, match="3 of 280 unlearned and 0 of 350 oracle"):
        klom(broken, oracle)
    for nonfinite in ("raise", "own_bin"):
        with pytest.raises(ValueError, match="0 of 280 unlearned and 1 of 350 oracle"):
            klom(unlearned, broken_oracle, nonfinite=nonfinite)


def test_nonfinite_margins_are_counted_in_every_chunk():
    unlearned, oracle = (np.asfortranarray(margins) for margins in gaussians(2, 2, CHUNK + 1))
    unlearned[0, [0, -1]] = np.nan
    with pytest.raises(ValueError, match="2 of"):
        klom(unlearned, oracle)


def test_diverged_members_have_a_bin_of_their_own():
    oracle, _ = gaussians(3, 1, 4)
    unlearned = np.concatenate([oracle, np.full((3, 4), np.nan)])
    unlearned[3:, 1] = np.inf
    unlearned[3:, 2] = -np.inf
    scores = klom(unlearned, oracle, nonfinite="own_bin")
    np.testing.assert_allclose(scores, CAP / 2 - math.log(2), atol=1e-12)
    unlearned[:, 3] = np.nan
    assert klom(unlearned, oracle, nonfinite="own_bin")[3] == CAP
    np.testing.assert_array_equal(
        klom(oracle, oracle, nonfinite="own_bin"), klom(oracle, oracle, nonfinite="raise")
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_point_scores_the_same_alone_and_in_any_layout(variant, dtype):
    unlearned, oracle = (
        margins.astype(dtype) for margins in gaussians(9, 8, CHUNK + 300, shift=1.0)
    )
    whole = klom(unlearned, oracle, variant=variant)
    for points in (slice(0, 1), slice(127, 257), slice(-1, None), slice(None, None, -7)):
        part = klom(unlearned[:, points], oracle[:, points], variant=variant)
        np.testing.assert_array_equal(part, whole[points])
    fortran = np.asfortranarray(unlearned), oracle
    np.testing.assert_array_equal(klom(*fortran, variant=variant), whole)
    unlearned.flags.writeable = False
    np.testing.assert_array_equal(klom(unlearned, oracle, variant=variant), whole)
    assert oracle.flags.writeable
    assert len({np.float32: score_float32, np.float64: score_float64}[dtype].signatures) == 1


def test_other_number_types_are_scored_as_float64():
    counts = np.random.default_rng(3).integers(-5, 6, (2, 12, 30))
    expected = klom(*counts.astype(float))
    for dtype in (np.int16, np.float16, ">f8"):
        np.testing.assert_array_equal(klom(*counts.astype(dtype)), expected)
    unlearned, oracle = gaussians(9, 8, 40)
    single = unlearned.astype(np.float32)
    np.testing.assert_array_equal(klom(single, oracle), klom(single.astype(float), oracle))


def test_no_points_give_no_scores():
    assert klom(np.empty((3, 0)), np.empty((2, 0))).shape == (0,)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((np.zeros(3), np.zeros((1, 3))), {}, "unlearned margins must have shape"),
        ((np.zeros((1, 3)), np.zeros((0, 3))), {}, "oracle margins must have shape"),
        ((np.zeros((2, 3)), np.zeros((2, 4))), {}, "same points, not of 3 and 4"),
        ((np.zeros((2, 3), complex), np.zeros((2, 3))), {}, "unlearned margins must be real"),
        ((np.zeros((2, 3)),) * 2, {"variant": "a2"}, "one of default, a2d, easydub_bench"),
        ((np.zeros((2, 3)),) * 2, {"nonfinite": "drop"}, "'raise' or 'own_bin', not 'drop'"),
        ((np.zeros((2, 3)),) * 2, {"variant": "a2d", "nonfinite": "own_bin"}, "'default' only"),
    ],
)
def test_wrong_arguments_are_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        klom(*arguments, **options)
