"""Principal components against a full decomposition of the centred matrix."""

import numpy as np
import pytest

from unlearning.datamodels import components
from unlearning.datamodels.components import principal_components


def matrix_with(singular, shape, seed=0):
    """A matrix of given singular values after centring, with large column means."""
    rng = np.random.default_rng(seed)
    left = rng.standard_normal((shape[0], len(singular)))
    left = np.linalg.qr(left - left.mean(axis=0))[0]
    right = np.linalg.qr(rng.standard_normal((shape[1], len(singular))))[0]
    return left * singular @ right.T + 5 * rng.standard_normal(shape[1]), right.T


@pytest.mark.parametrize("shape", [(120, 200), (200, 120), (1500, 100)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_components_equal_those_of_the_full_decomposition(shape, dtype):
    rng = np.random.default_rng(1)
    matrix = (rng.standard_normal(shape) * np.linspace(3, 1, shape[1]) + 2).astype(dtype)
    centred = matrix.astype(np.float64) - matrix.mean(axis=0, dtype=np.float64)
    singular, right = np.linalg.svd(centred, full_matrices=False)[1:]
    result = principal_components(matrix, 3)
    signs = np.sign((result.components * right[:3]).sum(axis=1))
    np.testing.assert_allclose(result.components, signs[:, None] * right[:3], atol=1e-9)
    np.testing.assert_allclose(result.projections, centred @ result.components.T, atol=1e-9)
    np.testing.assert_allclose(result.explained, (singular**2 / (singular**2).sum())[:3])


@pytest.mark.parametrize("shape", [(8, 6), (3, 40), (25, 30)])
def test_negation_flips_projections_and_keeps_components(shape):
    matrix = np.random.default_rng(2).standard_normal(shape)
    result, negated = principal_components(matrix, 2), principal_components(-matrix, 2)
    largest = np.abs(result.components).argmax(axis=1)
    assert (result.components[[0, 1], largest] > 0).all()
    np.testing.assert_allclose(negated.components, result.components, atol=1e-9)
    np.testing.assert_allclose(negated.projections, -result.projections, atol=1e-9)


@pytest.mark.parametrize("shape", [(12, 7), (25, 60)])
def test_all_components_together_explain_the_variance_and_the_matrix(shape):
    matrix = np.random.default_rng(3).standard_normal(shape)
    result = principal_components(matrix, min(shape[0] - 1, shape[1]))
    np.testing.assert_allclose(result.explained.sum(), 1)
    assert (np.diff(result.explained) <= 0).all()
    rebuilt = result.projections @ result.components + matrix.mean(axis=0)
    np.testing.assert_allclose(rebuilt, matrix, atol=1e-9)


def test_the_components_do_not_depend_on_the_height_of_the_blocks(monkeypatch):
    matrix = matrix_with(np.array([9, 7, 5, 1]), (300, 90))[0].astype(np.float32)
    whole = principal_components(matrix, 2)
    for numbers in (1, 90 * 7):
        monkeypatch.setattr(components, "_BLOCK", numbers)
        parts = principal_components(matrix, 2)
        np.testing.assert_allclose(parts.components, whole.components, atol=1e-9)
        np.testing.assert_allclose(parts.projections, whole.projections, atol=1e-9)
        np.testing.assert_allclose(parts.explained, whole.explained)


def test_nearly_equal_leading_values_are_told_apart():
    singular = np.array([10, 9.999, 9.998, 1, 1])
    matrix, right = matrix_with(singular, (400, 400))
    result = principal_components(matrix, 2)
    np.testing.assert_allclose(np.abs((result.components * right[:2]).sum(axis=1)), 1, atol=1e-9)
    np.testing.assert_allclose(result.explained, (singular**2 / (singular**2).sum())[:2])


def test_the_same_matrix_gives_the_same_bits():
    matrix = np.random.default_rng(4).standard_normal((100, 100)).astype(np.float32)
    first, second = principal_components(matrix, 2), principal_components(matrix.copy(), 2)
    assert first.projections.tobytes() == second.projections.tobytes()


@pytest.mark.parametrize(
    ("matrix", "count", "message"),
    [
        (np.ones(4), 1, r"shape \(n_targets, n\), not \(4,\)"),
        (np.eye(5), 5, "between 1 and 4 .* not 5"),
        (np.ones((9, 3)), 4, "between 1 and 3 .* not 4"),
        (np.eye(5), 0, "between 1 and 4 .* not 0"),
        (np.diag([1, 1, np.nan, 1]), 1, "row 2"),
        (np.diag([1, np.inf, 1, 1]), 1, "row 1"),
        (np.full((30, 25), 0.1), 1, "all of its rows are equal"),
        (np.zeros((30, 25)), 1, "all of its rows are equal"),
    ],
)
def test_what_has_no_components_is_refused(matrix, count, message):
    with pytest.raises(ValueError, match=message):
        principal_components(matrix, count)
