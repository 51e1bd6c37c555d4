"""Solvers of the theory: stationary, of the right order, what descent finds, thresholds exact."""

import time

import numpy as np
import pytest

from unlearning import theory
from unlearning.theory.iteration import iterate
from unlearning.theory.two_coordinates import ascent_limit, problem, saddle_point

CASES = 5000


def draw(seed, cases=CASES):
    """Sizes of data sets that exist: at most all retained and forgotten samples in a coordinate."""
    rng = np.random.default_rng(seed)
    retain = rng.integers(2, 1000, cases)
    forget = rng.integers(1, 1000, cases)
    retain_j = rng.integers(1, retain + 1)
    alpha = rng.integers(0, forget + 1) / retain_j
    return {
        "retain": retain.astype(float),
        "forget": forget.astype(float),
        "retain_j": retain_j.astype(float),
        "alpha": alpha,
        "ridge": 10 ** rng.uniform(-3, 1, cases),
    }


def in_two(case, seed=1):
    epsilon = np.random.default_rng(seed).uniform(0, 1, len(case["alpha"]))
    return {("retain_ij" if k == "retain_j" else k): v for k, v in case.items()} | {
        "epsilon": epsilon
    }


def pulls(case, point, retained_size, forgotten_size):
    """Terms of the stationarity conditions, from the losses as the paper prints them."""
    retained = case["retain_ij"] / (case["ridge"] * retained_size) * np.exp(-point.x)
    forgotten = case["alpha"] * case["retain_ij"] / (case["ridge"] * forgotten_size)
    return retained, forgotten * np.exp(-point.y)


def residual(case, point, p, q):
    u, v = 1 + case["epsilon"] ** 2, 2 * case["epsilon"]
    return np.nanmax([np.abs(point.x - u * p - v * q), np.abs(point.y - v * p - u * q)])


def test_one_dimensional_points_are_stationary_minima_and_maxima():
    case = draw(0)
    solved = theory.one_dimensional(**case)
    data = case["retain"] + case["forget"]
    pretrained = (1 + case["alpha"]) * case["retain_j"] / data / case["ridge"]
    oracle = case["retain_j"] / case["retain"] / case["ridge"]
    ascent = oracle - case["alpha"] * case["retain_j"] / case["forget"] / case["ridge"]
    for w, strength in (
        (solved.pretrained, pretrained),
        (solved.oracle, oracle),
        (solved.ascent, ascent),
        (solved.ascent_maximum, ascent),
    ):
        assert np.isfinite(w).sum() > CASES / 20
        left = w - strength * np.exp(-w)
        assert np.nanmax(np.abs(left) / np.maximum(1, np.abs(w))) < 1e-12
    assert (1 + ascent * np.exp(-solved.ascent))[solved.case < 3].min() > 0
    assert np.nanmax(1 + ascent * np.exp(-solved.ascent_maximum)) < 0


def test_cases_count_the_stationary_points():
    case = draw(1)
    solved = theory.one_dimensional(**case)
    found = np.isfinite([solved.ascent, solved.ascent_maximum]).sum(axis=0)
    strength = case["retain_j"] * (1 / case["retain"] - case["alpha"] / case["forget"])
    grid = np.append(np.linspace(-700, 30, 3001), -1.0)[:, None]
    slope = np.sign(np.sort(grid, axis=0) * case["ridge"] - strength * np.exp(-np.sort(grid, 0)))
    changes = (slope[1:] * slope[:-1] < 0).sum(axis=0) + (slope == 0).sum(axis=0)
    assert set(solved.case) == {1, 2, 3}
    assert (found == np.array([0, 1, 2, 0])[solved.case]).all()
    assert (changes == found).all()


def test_thresholds_are_exact_at_both_ends():
    retain, forget, retain_j, ridge = 900.0, 100.0, 7.0, 0.01
    low, high = theory.alpha_range(retain, forget)
    limit = theory.alpha_limit(retain, forget, retain_j, ridge)
    assert (low, high) == pytest.approx((100**2 / (900 * 1100), 1 / 9), rel=1e-15)

    def at(alpha):
        return theory.one_dimensional(retain, forget, retain_j, alpha, ridge)

    assert at(high).case == 1 and at(high).ascent == 0 and np.isnan(at(high).ascent_maximum)
    assert at(np.nextafter(high, 1)).case == 2
    assert at(limit).case == 2 and at(limit).ascent == pytest.approx(-1, abs=1e-6)
    assert at(np.nextafter(limit, 1)).case == 3 and np.isnan(at(np.nextafter(limit, 1)).ascent)
    near = at(limit * (1 - 1e-9))
    assert near.ascent_maximum < -1 < near.ascent

    def product(alpha):
        point = at(alpha)
        return (point.ascent - point.pretrained) * (point.pretrained - point.oracle)

    inside, outside = (low * (1 + 1e-9), high * (1 - 1e-9)), (low * (1 - 1e-9), high * (1 + 1e-9))
    assert all(product(alpha) > 0 for alpha in inside)
    assert all(product(alpha) < 0 for alpha in outside)


def test_descent_finds_the_one_dimensional_minima():
    case = draw(2, 200)
    solved = theory.one_dimensional(**case)
    strength = (
        case["retain_j"] / case["ridge"] * (1 / case["retain"] - case["alpha"] / case["forget"])
    )
    settled = (solved.case < 3) & (1 + strength * np.exp(-solved.ascent) > 0.05)
    w, strength = solved.pretrained[settled], strength[settled]
    for _ in range(20000):
        w = w - 0.05 / (1 + np.abs(strength)) * (w - strength * np.exp(-w))
    assert settled.sum() > 80
    np.testing.assert_allclose(w, solved.ascent[settled], atol=1e-6)


def test_beyond_the_limit_descent_diverges_and_short_of_it_does_not():
    retain, forget, retain_j, ridge = 50.0, 10.0, 5.0, 0.1
    limit = theory.alpha_limit(retain, forget, retain_j, ridge)
    ends = []
    for alpha in (0.99 * limit, 1.01 * limit):
        w = theory.one_dimensional(retain, forget, retain_j, alpha, ridge).pretrained
        for _ in range(100_000):
            w -= 0.05 * (ridge * w - retain_j * (1 / retain - alpha / forget) * np.exp(-w))
            if w < -40:
                break
        ends.append(w)
    assert -1 < ends[0] < 0 and ends[1] < -40


def test_two_dimensional_points_are_stationary():
    case = in_two(draw(3))
    solved = theory.two_dimensional(**case)
    data = case["retain"] + case["forget"]
    assert residual(case, solved.pretrained, *pulls(case, solved.pretrained, data, data)) < 1e-12
    retained, _ = pulls(case, solved.oracle, case["retain"], data)
    assert residual(case, solved.oracle, retained, 0) < 1e-12
    retained, forgotten = pulls(case, solved.ascent, case["retain"], case["forget"])
    assert residual(case, solved.ascent, retained, -forgotten) < 1e-12
    assert 0.2 < np.isfinite(solved.ascent.x).mean() < 0.99


def test_ascent_is_a_minimum_and_its_twin_a_saddle():
    case = in_two(draw(4))
    u, v = 1 + case["epsilon"] ** 2, 2 * case["epsilon"]
    for point, sign in (
        (theory.two_dimensional(**case).ascent, 1),
        (saddle_point(problem(**case)), -1),
    ):
        p, q = pulls(case, point, case["retain"], case["forget"])
        determinant = (1 + u * p) * (1 - u * q) + v**2 * p * q
        exists = np.isfinite(point.x) & (np.abs(point.y) < 30)
        assert exists.sum() > 500
        assert (sign * determinant[exists] > 0).all()
        # Subtracting one rank leaves one positive curvature: a positive determinant is a minimum.


def test_two_dimensional_ascent_exists_up_to_its_limit():
    case = in_two(draw(5, 500))
    limit = ascent_limit(problem(**case))
    for factor, exists in ((1 - 1e-6, True), (1 + 1e-6, False)):
        ascent = theory.two_dimensional(**(case | {"alpha": factor * limit})).ascent
        assert (np.isfinite(ascent.x) == exists).all()
    # There the minimum is about to merge with the saddle: the Hessian loses its rank.
    near = case | {"alpha": limit * (1 - 1e-8)}
    p, q = pulls(near, theory.two_dimensional(**near).ascent, case["retain"], case["forget"])
    u, v = 1 + case["epsilon"] ** 2, 2 * case["epsilon"]
    determinant = ((1 + u * p) * (1 - u * q) + v**2 * p * q) / (1 + u * p)
    assert (determinant > 0).all() and determinant.max() < 1e-3


def test_descent_finds_the_two_dimensional_minima():
    case = in_two(draw(6, 200))
    case["ridge"] = np.maximum(case["ridge"], 0.05)
    solved = theory.two_dimensional(**case)
    u, v = 1 + case["epsilon"] ** 2, 2 * case["epsilon"]
    p, q = pulls(case, solved.ascent, case["retain"], case["forget"])
    settled = (1 + u * p) * (1 - u * q) + v**2 * p * q > 0.05
    data, e = case["retain"] + case["forget"], case["epsilon"]
    samples = np.stack([np.stack([np.ones_like(e), e], -1), np.stack([e, np.ones_like(e)], -1)], 1)
    weights = np.zeros((200, 2))

    def descend(weights, retained_rate, forgotten_rate, rounds=20000):
        for _ in range(rounds):
            pull = np.exp(-np.clip((samples @ weights[:, :, None])[..., 0], -30, None))
            pull *= np.stack([retained_rate, forgotten_rate], -1)
            slope = case["ridge"][:, None] * weights - (pull[..., None] * samples).sum(1)
            scale = case["ridge"] + 3 * (np.abs(retained_rate) + np.abs(forgotten_rate))
            weights = weights - 0.3 / scale[:, None] * slope
        return weights

    def coordinates(weights):
        return np.einsum("nij,nj->in", samples, weights)

    pretrained = descend(
        weights, case["retain_ij"] / data, case["alpha"] * case["retain_ij"] / data
    )
    np.testing.assert_allclose(coordinates(pretrained), solved.pretrained, atol=1e-6)
    start = np.where(settled[:, None], pretrained, 0.0)
    end = descend(
        start,
        case["retain_ij"] / case["retain"],
        -case["alpha"] * case["retain_ij"] / case["forget"],
    )
    assert settled.sum() > 60
    found = coordinates(end)
    np.testing.assert_allclose(found[:, settled], np.array(solved.ascent)[:, settled], atol=1e-5)


def test_a_grid_of_systems_takes_under_two_seconds():
    start = time.perf_counter()
    alpha, epsilon = np.linspace(0, 1, 200)[:, None], np.linspace(0, 1, 200)[None, :]
    solved = theory.two_dimensional(60, 40, 1, alpha, epsilon, 1.0)
    assert solved.ascent.x.shape == (200, 200)
    assert time.perf_counter() - start < 2


def test_one_point_stands_alone_when_there_is_no_correlation():
    case = in_two(draw(7, 300)) | {"epsilon": 0.0}
    solved = theory.two_dimensional(**case)
    data = case["retain"] + case["forget"]
    alone = theory.one_dimensional(
        case["retain"], case["forget"], case["retain_ij"], 0, case["ridge"]
    )
    np.testing.assert_allclose(solved.oracle.x, alone.oracle, rtol=1e-12)
    exists = np.isfinite(solved.ascent.x)
    strength = case["alpha"] * case["retain_ij"] / (case["forget"] * case["ridge"])
    assert (exists == (strength <= np.exp(-1))).all()
    np.testing.assert_allclose(solved.ascent.x[exists], alone.oracle[exists], rtol=1e-12)
    np.testing.assert_allclose(
        solved.pretrained.x,
        theory.one_dimensional(data, 1, case["retain_ij"], 0, case["ridge"]).oracle,
        rtol=1e-12,
    )
    assert (solved.oracle.y == 0).all()


def test_identical_points_are_one_dimensional():
    case = in_two(draw(8, 300)) | {"epsilon": 1.0}
    solved = theory.two_dimensional(**case)
    # (1, 1) has twice the square of a unit vector: the ridge acts with half its strength.
    alone = theory.one_dimensional(
        case["retain"], case["forget"], case["retain_ij"], case["alpha"], case["ridge"] / 2
    )
    np.testing.assert_allclose(solved.pretrained.x, alone.pretrained, rtol=1e-11)
    exists = np.isfinite(alone.ascent) & (np.abs(alone.ascent + 1) > 1e-3)
    np.testing.assert_allclose(solved.ascent.x[exists], alone.ascent[exists], rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(solved.ascent.x, solved.ascent.y, rtol=1e-8, atol=1e-12)


def test_iterative_fixed_points_are_fixed_and_the_largest():
    case = draw(9, 2000) | {"step": 10 ** np.random.default_rng(9).uniform(-4, 0, 2000)}
    fixed = theory.iterative_fixed_point(**case)
    rates = case["retain_j"] / case["retain"], case["alpha"] * case["retain_j"] / case["forget"]
    moved = iterate(fixed, *rates, case["ridge"], case["step"])
    stable = case["step"] * case["ridge"] < 1
    assert np.isfinite(fixed[stable]).all()
    slope = (iterate(fixed + 1e-6, *rates, case["ridge"], case["step"]) - moved) / 1e-6 - 1
    error = np.abs(moved - fixed) / np.maximum(np.abs(slope), 1e-3)
    assert np.nanmax(error / np.maximum(1, np.abs(fixed))) < 1e-9
    for i in np.flatnonzero(stable)[:150]:
        above = np.linspace(fixed[i] + 1e-4, max(fixed[i], 5) + 20, 20001)
        one = (rates[0][i], rates[1][i], case["ridge"][i], case["step"][i])
        assert (iterate(above, *one) < above).all(), i


def test_iterative_fixed_point_tends_to_ascent_at_twice_the_ridge():
    case = draw(10, 500)
    limit = theory.one_dimensional(**(case | {"ridge": 2 * case["ridge"]}))
    rates = case["retain_j"] * (1 / case["retain"] + case["alpha"] / case["forget"])
    step = 1e-4 / (rates + case["ridge"])
    far = np.isfinite(limit.ascent) & (limit.ascent > -0.8) & (case["alpha"] > 0)
    errors = [
        (theory.iterative_fixed_point(**case, step=step / shrink) - limit.ascent)[far]
        for shrink in (1, 2)
    ]
    assert far.sum() > 200
    assert np.abs(errors[0]).max() < 1e-2
    visible = np.abs(errors[0]) > 1e-9
    np.testing.assert_allclose((errors[0] / errors[1])[visible], 2, rtol=0.01)  # of first order


def test_the_iteration_is_bounded_where_ascent_diverges():
    arguments = dict(retain=100.0, forget=10.0, retain_j=20.0, alpha=0.4, ridge=0.05)
    assert theory.one_dimensional(**arguments).case == 3
    fixed = theory.iterative_fixed_point(**arguments, step=0.1)
    w = theory.one_dimensional(**arguments).pretrained
    visited = []
    for _ in range(5000):
        w = iterate(w, 20 / 100, 0.4 * 20 / 10, 0.05, 0.1)
        visited.append(w)
    assert fixed < -1 and np.isfinite(fixed)
    assert np.ptp(visited[-1000:]) < 50 and min(visited) > -50


def test_no_fixed_point_takes_a_step_beyond_one_over_the_ridge():
    none = theory.iterative_fixed_point(100, 10, 100, 1, 1.0, 1.9)
    assert np.isnan(none)
    scan = np.linspace(-30, 30, 600001)
    with np.errstate(over="ignore"):
        moved = iterate(scan, 1.0, 10.0, 1.0, 1.9)
    assert len(set(np.sign(moved - scan)[np.isfinite(moved)])) == 1


@pytest.mark.parametrize("samples", ["one", "two"])
def test_bounds_of_random_sets(samples):
    n = np.array([10.0, 100.0])
    if samples == "one":
        np.testing.assert_allclose(theory.hoeffding_bound(n, 0.1), 2 * np.exp([-0.2, -2]))
    else:
        np.testing.assert_allclose(
            theory.two_sample_bound(n, 400, 0.1), 2 * np.exp(-0.02 * n * 400 / (n + 400))
        )
        np.testing.assert_allclose(
            theory.two_sample_bound(n, 1e15, 0.1), theory.hoeffding_bound(n, 0.1)
        )


GOOD = {
    "retain": 90.0,
    "forget": 10.0,
    "retain_j": 5.0,
    "retain_ij": 5.0,
    "alpha": 0.5,
    "epsilon": 0.3,
    "ridge": 0.1,
    "step": 0.01,
    "n": 10,
    "m": 20,
}
BAD = {"alpha": (-0.1, np.nan), "epsilon": (-1e-9, 1.01, np.inf)}
ARGUMENTS = {
    "hoeffding_bound": ("n", "epsilon"),
    "two_sample_bound": ("n", "m", "epsilon"),
    "one_dimensional": ("retain", "forget", "retain_j", "alpha", "ridge"),
    "alpha_range": ("retain", "forget"),
    "alpha_limit": ("retain", "forget", "retain_j", "ridge"),
    "iterative_fixed_point": ("retain", "forget", "retain_j", "alpha", "ridge", "step"),
    "two_dimensional": ("retain", "forget", "retain_ij", "alpha", "epsilon", "ridge"),
    "bounds_two_dimensional": ("retain", "forget", "retain_ij", "alpha", "epsilon", "ridge"),
    "alpha_bounds": ("retain", "forget", "retain_ij", "epsilon", "ridge"),
    "detrimental_range": ("retain", "forget", "retain_ij", "epsilon", "ridge"),
}


@pytest.mark.parametrize("function", ARGUMENTS)
def test_bad_arguments_are_named(function):
    names = ARGUMENTS[function]
    call = getattr(theory, function)
    call(*(GOOD[name] for name in names))
    for name in names:
        for wrong in BAD.get(name, (0, -1, np.nan, np.inf, "many")):
            with pytest.raises(ValueError, match=f"^{name} must be .*, got"):
                call(*(np.array([GOOD[k], wrong]) if k == name and wrong != "many"
                       else wrong if k == name else GOOD[k] for k in names))  # fmt: skip


def test_shapes_that_do_not_broadcast_are_named():
    with pytest.raises(ValueError, match=r"do not broadcast: n \(2,\), epsilon \(3,\)"):
        theory.hoeffding_bound([1, 2], [0.1, 0.2, 0.3])
