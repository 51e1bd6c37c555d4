"""Datamodels: closed forms, optimality of the LASSO, and honest held-out quality."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import Lasso

from unlearning.datamodels import lasso as solver
from unlearning.datamodels.estimation import (
    fit,
    largest_penalty,
    lasso,
    linear_datamodelling_score,
    mean_difference,
    predict,
)

PATH = [0.5, 0.3, 0.2, 0.1, 0.05]


def planted(models=400, n_train=60, targets=40, noise=0.3, seed=0):
    """Memberships, margins and the sparse weights behind them; the noise is per margin."""
    rng = np.random.default_rng(seed)
    membership = rng.random((models, n_train)) < 0.5
    size = rng.uniform(1, 2, (targets, n_train)) * rng.choice([-1, 1], (targets, n_train))
    weights = np.where(rng.random((targets, n_train)) < 0.08, size, 0)
    weights[:, 0] = 1.5
    margins = 3 + membership @ weights.T + noise * rng.standard_normal((models, targets))
    return membership, margins.astype(np.float32), weights


def test_planted_datamodels_are_recovered():
    membership, margins, truth = planted()
    result = fit(
        membership,
        margins,
        estimator="lasso",
        penalties=PATH,
        iterations=100,
        held_out=60,
        seed=0,
    )
    assert ((np.abs(result.weights) > 0.5) == (truth != 0)).all()
    np.testing.assert_allclose(result.intercepts.mean(), 3, atol=0.3)
    assert result.quality.score.mean() > 0.95
    assert result.quality.mean_difference_score.mean() < result.quality.score.mean() - 0.05


@pytest.mark.parametrize("models", [200, 40])
def test_lasso_equals_that_of_scikit_learn(models):
    membership, margins, _ = planted(models=models, targets=8)
    penalty = 0.1 * largest_penalty(membership, margins)
    weights = lasso(membership, margins, penalty, iterations=500, tolerance=1e-6)
    for row, margin in zip(weights, margins.T.astype(float), strict=True):
        reference = Lasso(alpha=penalty, tol=1e-10, max_iter=100_000).fit(membership, margin)
        np.testing.assert_allclose(row, reference.coef_, atol=1e-3)


def test_lasso_satisfies_the_optimality_conditions():
    membership, margins, _ = planted(targets=700)
    penalty = 0.15 * largest_penalty(membership, margins)
    weights = lasso(membership, margins, penalty, iterations=1000, tolerance=1e-6)
    features = membership - membership.mean(axis=0)
    residual = margins - margins.mean(axis=0) - features @ weights.T
    gradient = residual.T @ features / len(membership)
    used = weights != 0
    assert 0.05 < used.mean() < 0.5
    np.testing.assert_allclose(gradient[used], penalty * np.sign(weights[used]), atol=1e-4)
    assert np.abs(gradient).max() <= penalty + 1e-4


def test_stopping_early_stays_close_to_the_solution():
    membership, margins, _ = planted()
    penalty = 0.05 * largest_penalty(membership, margins)
    exact = lasso(membership, margins, penalty, iterations=2000, tolerance=0)
    early = lasso(membership, margins, penalty, iterations=2000)
    np.testing.assert_allclose(early, exact, atol=2e-3)
    np.testing.assert_allclose(
        lasso(membership, margins, penalty, iterations=1, start=exact), exact, atol=1e-5
    )


def test_momentum_brings_an_unfinished_run_close_to_the_solution():
    membership, margins, _ = planted(models=60, noise=1.0)
    penalty = 0.05 * largest_penalty(membership, margins)
    exact = lasso(membership, margins, penalty, iterations=3000, tolerance=0)
    unfinished = lasso(membership, margins, penalty, iterations=60, tolerance=0)
    np.testing.assert_allclose(unfinished, exact, atol=5e-3)


def test_lasso_does_not_depend_on_the_block():
    membership, margins, _ = planted(targets=37)
    penalty = 0.1 * largest_penalty(membership, margins)
    whole = lasso(membership, margins, penalty, iterations=60)
    for block in (1, 10, 36):
        parts = lasso(membership, margins, penalty, iterations=60, block=block)
        np.testing.assert_allclose(parts, whole, atol=1e-5)


def test_largest_penalty_is_the_threshold():
    membership, margins, _ = planted(targets=520)
    largest = largest_penalty(membership, margins)
    assert not lasso(membership, margins, largest, iterations=20).any()
    assert lasso(membership, margins, 0.9999 * largest, iterations=20).any()


def test_step_is_the_inverse_of_the_largest_eigenvalue():
    for size in (30, 200):
        features = np.random.default_rng(0).standard_normal((100, size)).astype(np.float32)
        gram = features.T @ features
        expected = np.linalg.eigvalsh(gram.astype(float))[-1]
        assert expected / 1.005 < solver._largest_eigenvalue(gram) < expected * 1.0001


def test_mean_difference_is_that_of_the_means():
    membership, margins, _ = planted(models=50, n_train=7, targets=5)
    weights = mean_difference(membership, margins)
    assert weights.dtype == np.float32
    for target in range(5):
        for point in range(7):
            inside = membership[:, point]
            expected = margins[inside, target].mean() - margins[~inside, target].mean()
            assert weights[target, point] == pytest.approx(expected, abs=1e-5)


def test_score_is_the_rank_correlation_of_each_target():
    membership, margins, truth = planted(models=50, targets=6, noise=2.0)
    margins = np.round(margins)
    truth[4], margins[:, 5] = 0, 1.0
    intercepts = np.arange(6)
    predicted = predict(membership, truth, intercepts)
    np.testing.assert_allclose(predicted, membership @ truth.T + intercepts, atol=1e-5)
    score = linear_datamodelling_score(membership, margins, truth, intercepts)
    expected = [spearmanr(predicted[:, j], margins[:, j]).statistic for j in range(4)]
    np.testing.assert_allclose(score[:4], expected)
    assert score[4] == score[5] == 0


@pytest.mark.parametrize("estimator", ["lasso", "mean_difference"])
def test_quality_comes_from_models_that_no_step_saw(estimator):
    membership, margins, _ = planted(models=150, noise=1.0)
    options = {"estimator": estimator, "penalties": PATH, "iterations": 60, "held_out": 40}
    result = fit(membership, margins, **options, seed=3)
    quality = result.quality
    parts = [quality.fit_models, quality.choice_models, quality.test_models]
    assert [len(part) for part in parts] == [70, 40, 40]
    assert np.sort(np.concatenate(parts)).tolist() == list(range(150))
    test = quality.test_models
    expected = linear_datamodelling_score(
        membership[test], margins[test], result.weights, result.intercepts
    )
    # To rounding: numpy sums arrays of other shapes in another order.
    np.testing.assert_allclose(quality.score, expected, rtol=0, atol=1e-12)
    both = np.concatenate(parts[:2])
    residual = margins[both] - predict(membership[both], result.weights, result.intercepts)
    np.testing.assert_allclose(residual.mean(axis=0), 0, atol=1e-4)

    other = margins.copy()
    other[test] = np.random.default_rng(9).standard_normal(other[test].shape)
    changed = fit(membership, other, **options, seed=3)
    assert changed.weights.tobytes() == result.weights.tobytes()
    assert changed.penalty == result.penalty or estimator == "mean_difference"
    assert abs(changed.quality.score.mean()) < 0.1
    different = fit(membership, margins, **options, seed=4).quality.test_models
    assert different.tolist() != test.tolist()


def test_the_penalty_is_chosen_on_models_that_the_path_did_not_see():
    membership, margins, _ = planted(models=150, noise=1.0)
    options = {"estimator": "lasso", "iterations": 200, "held_out": 40, "seed": 3}
    result = fit(membership, margins, penalties=PATH, **options)
    fitted, choice = result.quality.fit_models, result.quality.choice_models
    largest = largest_penalty(membership[fitted], margins[fitted])
    for fraction, score in result.quality.choice_scores.items():
        weights = lasso(membership[fitted], margins[fitted], fraction * largest, iterations=200)
        offsets = np.zeros(len(weights))
        expected = linear_datamodelling_score(membership[choice], margins[choice], weights, offsets)
        assert score == pytest.approx(expected.mean(), abs=2e-3)
    best = max(result.quality.choice_scores, key=result.quality.choice_scores.__getitem__)
    assert PATH[0] > best > PATH[-1]
    assert result.penalty == pytest.approx(best * largest, rel=1e-5)
    both = np.concatenate([fitted, choice])
    again = lasso(membership[both], margins[both], result.penalty, iterations=200)
    np.testing.assert_allclose(result.weights, again, atol=2e-3)


def test_noise_scores_nothing_whatever_the_fit_says():
    membership, _, _ = planted(models=200, n_train=80)
    margins = np.random.default_rng(5).standard_normal((200, 80)).astype(np.float32)
    result = fit(
        membership,
        margins,
        estimator="lasso",
        penalties=[0.1, 0.05],
        iterations=60,
        held_out=50,
        seed=0,
    )
    both = np.concatenate([result.quality.fit_models, result.quality.choice_models])
    seen = linear_datamodelling_score(
        membership[both], margins[both], result.weights, result.intercepts
    )
    assert seen.mean() > 0.5
    assert abs(result.quality.score.mean()) < 0.05
    assert abs(result.quality.mean_difference_score.mean()) < 0.05


def test_the_mean_difference_has_no_penalty():
    membership, margins, _ = planted()
    result = fit(
        membership,
        margins,
        estimator="mean_difference",
        penalties=[],
        iterations=1,
        held_out=50,
        seed=0,
    )
    assert np.isnan(result.penalty)
    assert result.quality.choice_scores == {}
    both = np.concatenate([result.quality.fit_models, result.quality.choice_models])
    expected = mean_difference(membership[both], margins[both])
    np.testing.assert_allclose(result.weights, expected, atol=1e-5)


def test_wrong_arrays_are_refused():
    membership, margins, _ = planted(models=50)
    with pytest.raises(ValueError, match=r"\(50, 60\) and \(49, 40\)"):
        mean_difference(membership, margins[1:])
    with pytest.raises(ValueError, match="boolean, not float64"):
        mean_difference(membership.astype(float), margins)
    broken = margins.copy()
    broken[[3, 8], 5] = np.nan, np.inf
    with pytest.raises(ValueError, match="2 of 50 models are not: .* rows 3, 8"):
        lasso(membership, broken, 1.0, iterations=1)
    for value in (True, False):
        constant = membership.copy()
        constant[:, 7] = value
        with pytest.raises(ValueError, match="all or none of 50 models contain points 7"):
            mean_difference(constant, margins)
    with pytest.raises(ValueError, match=r"start must have shape .* \(40, 60\), not \(60, 40\)"):
        lasso(membership, margins, 1.0, iterations=1, start=np.zeros((60, 40)))
    with pytest.raises(ValueError, match="penalty=-1"):
        lasso(membership, margins, -1, iterations=1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"estimator": "ridge"}, "lasso, mean_difference, not 'ridge'"),
        ({"held_out": 25}, "held_out is 25.*50 models"),
        ({"held_out": 2}, "held_out is 2, .* at least 3"),
        ({"penalties": []}, "penalties must be fractions"),
        ({"penalties": [0.1, 0.2]}, "descending"),
        ({"penalties": [1.5, 0.2]}, "at most 1"),
        ({"penalties": [0.5, 0.0]}, "above 0"),
        ({"iterations": 0}, "iterations=0"),
    ],
)
def test_wrong_options_are_refused(wrong, message):
    membership, margins, _ = planted(models=50)
    options = {"estimator": "lasso", "penalties": PATH, "iterations": 5, "held_out": 10, "seed": 0}
    with pytest.raises(ValueError, match=message):
        fit(membership, margins, **(options | wrong))
