"""The paper's theory, solved: closed forms, bounds, stationary points, the toy landscape."""

from unlearning.theory.correlation import alpha_bounds, bounds_two_dimensional, detrimental_range
from unlearning.theory.iteration import iterative_fixed_point
from unlearning.theory.random_sets import hoeffding_bound, two_sample_bound
from unlearning.theory.single_coordinate import alpha_limit, alpha_range, one_dimensional
from unlearning.theory.toy import toy_landscape
from unlearning.theory.two_coordinates import two_dimensional

__all__ = [
    "alpha_bounds",
    "alpha_limit",
    "alpha_range",
    "bounds_two_dimensional",
    "detrimental_range",
    "hoeffding_bound",
    "iterative_fixed_point",
    "one_dimensional",
    "toy_landscape",
    "two_dimensional",
    "two_sample_bound",
]
