"""The paper's theory, checked statement by statement.

The names of `PUBLIC` can be taken from the room itself, as ``theory.alpha_range``. Their modules
are imported when asked for, so that a job depends on those it uses and not on all of them.
"""

from typing import Any

#: Public names of the theory, and the modules that define them.
PUBLIC = {
    "alpha_bounds": "correlation",
    "alpha_limit": "single_coordinate",
    "alpha_range": "single_coordinate",
    "bounds_two_dimensional": "correlation",
    "detrimental_range": "correlation",
    "hoeffding_bound": "random_sets",
    "iterative_fixed_point": "iteration",
    "one_dimensional": "single_coordinate",
    "toy_landscape": "toy",
    "two_dimensional": "two_coordinates",
    "two_sample_bound": "random_sets",
}


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted(PUBLIC)
