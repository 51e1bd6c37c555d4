"""Let functions of a workflow say once which arguments they take.

Snakemake asks each function of a rule for each job, twice, and takes its signature apart each time.
"""

from types import FunctionType
from typing import Any

from snakemake.common import get_function_params, overwrite_function_params


def say_once(function: Any) -> None:
    """Let a function remember which arguments it takes.

    Parameters
    ----------
    function : of a rule's inputs, parameters or resources, or a method; what is none is left alone
    """
    if isinstance(function, FunctionType):
        overwrite_function_params(function, get_function_params(function))


def of_rule(rule: Any) -> None:
    """Let all functions of a rule do so: those of its inputs, parameters and resources."""
    resources = [getattr(each, "_evaluator", None) for each in rule.resources.values()]
    for function in [*rule.input, *rule.params, *resources]:
        say_once(function)
