"""Intervals of percentiles of KLoM: their coverage, and margins that noise must leave alone."""

import numpy as np
import pytest

from bench import intervals
from bench.intervals import measured, plain, workflow
from unlearning.scoring import bootstrap
from unlearning.scoring.bootstrap import (
    _drawn,
    _smoothed,
    bootstrap_percentile,
    percentile_interval,
)
from unlearning.scoring.klom import CAP, CHUNK, VARIANTS, klom

SPLITS = [np.arange(40), np.arange(30, 100)]


def gaussians(members, other_members, points, shift=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(shift, 2, (members, points)), rng.normal(0, 2, (other_members, points))


def interval(pair, **options):
    """The interval of the P95 over all points."""
    splits = [np.arange(pair[0].shape[1])]
    deviations = bootstrap_percentile(*pair, splits, repeats=50, seed=3, **options)
    options.pop("clip", None)
    estimate = np.percentile(klom(*pair, **options), 95)
    low, high = percentile_interval([estimate], deviations)
    return low[0], estimate, high[0]


@pytest.mark.parametrize(
    ("cell", "plain_misses"),
    [
        (("normal", 450, 0.0, 50), True),
        (("normal", 50, 1.0, 50), False),
        (("normal_shared", 50, 3.0, 50), True),
        (("student", 10, 0.0, 100), True),
        (("exponential", 10, 3.0, 50), True),
    ],
)
def test_intervals_mean_95_percent(cell, plain_misses):
    _, _, [(width, coverage), (plain_width, _)] = measured(
        cell, [workflow, plain], repetitions=60, truth=400
    )
    assert 0.8 <= width <= 1.2
    # Of 60 intervals of which 95 % hold, fewer than 52 do once in a hundred.
    assert coverage >= 52 / 60
    assert (not 0.8 <= plain_width <= 1.2) >= plain_misses


def test_the_benchmark_prints_a_row_a_cell(monkeypatch, capsys):
    grid = "--margins student normal_shared --points 5 --shifts 1 --members 20 10"
    monkeypatch.setattr("sys.argv", ["intervals", *grid.split(), "--rep", "3", "--truth", "9"])
    intervals.main()
    printed = capsys.readouterr().out
    assert printed.count("| 5 | 1 | 20 |") == printed.count("| 5 | 1 | 10 |") == 2
    assert "of 4 cells" in printed
    monkeypatch.setattr("sys.argv", ["intervals", "--pool", "100", "--members", "60"])
    with pytest.raises(SystemExit):
        intervals.main()
    assert "--pool must be at least twice 60 members" in capsys.readouterr().err


def test_bootstrap_depends_on_the_seed_alone():
    pair = gaussians(20, 15, 100)
    deviations = bootstrap_percentile(*pair, SPLITS, repeats=6, seed=1)
    assert deviations.shape == (6, 2)
    assert len(np.unique(deviations)) == 12
    np.testing.assert_allclose(deviations.mean(axis=0), 0, atol=1e-12)
    again = bootstrap_percentile(*pair, SPLITS, repeats=6, seed=1)
    np.testing.assert_array_equal(again, deviations)
    assert (bootstrap_percentile(*pair, SPLITS, repeats=6, seed=2) != again).all()


def test_a_split_does_not_depend_on_the_other_splits():
    pair = gaussians(20, 15, CHUNK + 100)
    splits = [np.arange(CHUNK - 30, CHUNK + 30), np.arange(7)]
    both = bootstrap_percentile(*pair, splits, repeats=4, seed=1)
    for number, split in enumerate(splits):
        alone = bootstrap_percentile(*pair, [split], repeats=4, seed=1)
        np.testing.assert_array_equal(alone[:, 0], both[:, number])


def test_single_members_leave_nothing_to_chance():
    pair = gaussians(1, 1, 100)
    pair[0][:, 20:] = pair[1][:, 20:]
    pair[0][:, 5] = np.nan
    options = {"variant": "default", "nonfinite": "own_bin"}
    deviations = bootstrap_percentile(*pair, SPLITS, percentile=50, repeats=2, seed=0, **options)
    np.testing.assert_allclose(deviations, 0, atol=1e-7)
    low, estimate, high = interval(pair, **options)
    np.testing.assert_allclose([low, high], estimate, atol=1e-6)


def test_bootstrap_draws_the_two_ensembles_independently():
    margins, _ = gaussians(20, 1, 100)
    assert (bootstrap_percentile(margins, margins, SPLITS, repeats=3, seed=0) != 0).all()


@pytest.mark.parametrize("members", [1, 2, 3, 50, 101])
def test_as_many_members_are_repeated_in_every_replicate(members):
    drawn = _drawn(np.random.default_rng(0), members, 9)
    assert drawn.shape == (9, members)
    times = np.sort([np.bincount(row, minlength=members) for row in drawn], axis=1)
    assert (times == times[0]).all()
    if members > 3:
        assert len(np.unique(drawn, axis=0)) == 9
        assert times[0].var() == pytest.approx(1, abs=0.25)
        assert (times[0] == 0).mean() == pytest.approx(np.exp(-1), abs=0.02)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_noise_keeps_mean_and_variance_and_correlation(dtype):
    rng = np.random.default_rng(0)
    margins = (rng.exponential(size=(200, 1)) + rng.exponential(size=(200, 6))).astype(dtype)
    shrunk, widths, patterns = _smoothed(margins, np.inf)
    assert {part.dtype for part in (shrunk, widths, patterns)} == {np.dtype(dtype)}
    everyone = (shrunk[:, None] + widths[:, None] * patterns).reshape(-1, 6)
    np.testing.assert_allclose(everyone.mean(axis=0), margins.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(everyone.var(axis=0), margins.var(axis=0), rtol=1e-4)
    before, after = np.corrcoef(margins.T), np.corrcoef(everyone.T)
    assert np.abs(before - after).max() < 0.1
    # Wide where margins are few.
    assert widths[margins[:, 0].argmax(), 0] > 3 * np.median(widths[:, 0])


def test_noise_leaves_capped_and_nonfinite_margins_where_they_are():
    margins = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    margins[:5, 0], margins[:5, 1], margins[3:, 2], margins[:, 3] = 9, np.nan, -9, 1.5
    shrunk, widths, patterns = _smoothed(margins, 9.0)
    kept = ~np.isfinite(margins) | (np.abs(margins) == 9)
    kept[:, 3] = True
    np.testing.assert_array_equal(shrunk[kept], margins[kept])
    assert (widths[kept] == 0).all()
    assert (patterns[kept] == 0).all()
    assert (widths[~kept] > 0).all()
    # As without those members.
    for part, alone in zip(
        (shrunk, widths, patterns), _smoothed(margins[5:, :1], np.inf), strict=True
    ):
        np.testing.assert_allclose(part[5:, 0], alone[:, 0], rtol=1e-5, atol=1e-6)


def test_diverged_and_capped_ensembles_have_intervals_at_the_cap():
    _, oracle = gaussians(1, 30, 60)
    for broken, options in (
        (np.full((30, 60), np.nan), {"nonfinite": "own_bin"}),
        (np.full((30, 60), 100.0), {"clip": 100.0}),
    ):
        low, _, high = interval((broken, oracle), **options)
        np.testing.assert_allclose([low, high], CAP)
    half = oracle.copy()
    half[:15] = np.nan
    low, estimate, high = interval((half, oracle), nonfinite="own_bin")
    assert 0.5 * estimate < low < estimate < high < 0.9 * CAP


def test_no_margin_goes_beyond_the_clip():
    unlearned = np.repeat(np.linspace(-7, 7, 40)[:, None], 30, axis=1)
    oracle = np.where(np.arange(40)[:, None] < 39, 0.01 * unlearned, 7.0)
    scores = []
    for clip in (7.0, np.inf):
        scores.append(
            bootstrap_percentile(unlearned, oracle, [np.arange(30)], repeats=5, seed=0, clip=clip)
        )
    assert (scores[0] != scores[1]).any()


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_has_intervals(variant):
    for shift in (0.0, 3.0, 1000.0):
        low, estimate, high = interval(gaussians(30, 25, 80, shift), variant=variant)
        assert 0 <= low <= min(estimate, CAP)
        assert low <= high <= CAP
        assert high >= min(estimate, CAP)


@pytest.mark.parametrize("scale", [1e-30, 1e30, 1e300])
def test_margins_of_any_size_have_intervals(scale):
    low, estimate, high = interval(tuple(scale * margins for margins in gaussians(20, 20, 30)))
    assert low < estimate < high


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"splits": [np.array([0, 5])]}, r"splits\[0\] must hold point indices from 0 to 4"),
        ({"splits": [np.array([-1])]}, r"splits\[0\] must hold point indices from 0 to 4"),
        ({"splits": [np.arange(2), np.array([], int)]}, r"splits\[1\] must be a one-dim"),
        ({"splits": [np.array([True, False])]}, r"splits\[0\] must be a one-dim"),
        ({"repeats": 0}, "repeats must be at least 1, not 0"),
        ({"variant": "x"}, "variant must be one of"),
    ],
)
def test_wrong_bootstraps_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        arguments = {"splits": [np.arange(5)], "repeats": 1, "seed": 0} | options
        bootstrap_percentile(*gaussians(2, 2, 5), **arguments)


def test_interval_is_the_spread_of_the_deviations_around_the_estimate():
    deviations = np.array([[0.1, 0.3, 0.0], [-0.1, -0.3, 0.0]])
    low, high = percentile_interval([CAP / 4, CAP, 2.0], deviations, level=0.5)
    # A quarter of the cap is at pi / 6; quartiles of the normal distribution; two replicates.
    reach = 0.6744897501960817 * np.sqrt(0.02)
    sides = np.sin(np.pi / 6 + reach * np.array([-1, 1])) ** 2 * CAP
    np.testing.assert_allclose([low[0], high[0]], sides)
    assert low[1] < high[1] == CAP
    np.testing.assert_allclose([low[2], high[2]], 2)
    assert percentile_interval([0.0], deviations[:, :1])[0] == 0


@pytest.mark.parametrize("options", [{"level": 95}, {"estimate": [1.0, 2.0, 3.0]}])
def test_wrong_intervals_are_refused(options):
    with pytest.raises(ValueError, match=r"level must be|deviations must have shape"):
        percentile_interval(**({"estimate": [1.0, 2.0], "deviations": np.ones((4, 2))} | options))


def test_oracles_are_drawn_alike_beside_any_number_of_members(monkeypatch):
    seen = []
    score = bootstrap.score_draws

    def kept(ours, theirs, drawn, *rest):
        seen.append(drawn)
        return score(ours, theirs, drawn, *rest)

    monkeypatch.setattr(bootstrap, "score_draws", kept)
    for members in (40, 20):
        pair = gaussians(members, 40, 5)
        bootstrap.bootstrap_percentile(*pair, [np.arange(5)], repeats=6, seed=3)
    (all_of, oracles), (half, beside) = seen
    np.testing.assert_array_equal(oracles, beside)
    assert all_of.shape == (6, 40) and half.shape == (6, 20) and half.max() < 20
    assert (all_of != oracles).any()
