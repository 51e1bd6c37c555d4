"""Datamodels of validation points are fitted as those of training points, and added up."""

import numpy as np
import pytest

from unlearning.artifacts.files import load_array, save_array
from unlearning.datamodels.estimation import fit
from unlearning.datamodels.validation import added_margins, fit_validation

OPTIONS = {"penalties": [0.5, 0.1, 0.02], "iterations": 400, "held_out": 20, "seed": 3}


def models(count=200, train=12, targets=7):
    """Margins that follow from membership, and some noise."""
    rng = np.random.default_rng(0)
    membership = rng.random((count, train)) < 0.5
    truth = rng.normal(size=(targets, train)) * (rng.random((targets, train)) < 0.4)
    noise = 0.1 * rng.normal(size=(count, targets))
    return membership, (membership @ truth.T + noise).astype(np.float32)


@pytest.mark.parametrize("estimator", ["lasso", "mean_difference"])
def test_targets_get_the_datamodels_that_the_same_fit_gives_them(estimator):
    membership, margins = models()
    first = fit(membership, margins, estimator=estimator, **OPTIONS)
    weights, score = fit_validation(
        membership,
        margins,
        estimator=estimator,
        penalty=first.penalty,
        choice_scores=first.quality.choice_scores,
        **OPTIONS,
    )
    np.testing.assert_allclose(weights, first.weights, atol=2e-3)
    np.testing.assert_allclose(score, first.quality.score, atol=0.02)
    assert np.abs(weights).max() > 0.5


def test_what_a_forget_set_adds_is_a_sum_over_columns_of_every_row(tmp_path):
    rng = np.random.default_rng(1)
    parts = [rng.normal(size=(rows, 600)).astype(np.float32) for rows in (600, 5)]
    mapped = []
    for name, part in zip(("train.npy", "validation.npy"), parts, strict=True):
        save_array(str(tmp_path / name), part)
        mapped.append(load_array(str(tmp_path / name), shape=(None, None), dtype=np.float32))
    forget = np.array([3, 17, 599])
    found = added_margins(*mapped, forget)
    expected = [sum(float(row[z]) for z in forget) for part in parts for row in part]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert found.dtype == np.float32
