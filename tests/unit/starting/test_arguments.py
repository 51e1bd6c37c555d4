"""Functions say once which arguments they take, and Snakemake still gives them no others."""

from types import SimpleNamespace

import pytest
import snakemake.common
from snakemake.common import get_function_params, get_input_function_aux_params
from snakemake.resources import Resource

from workflow.starting.arguments import of_rule, say_once

GIVEN = {"attempt": 2, "input": []}


@pytest.fixture
def asked(monkeypatch):
    """Functions whose signatures were taken apart."""
    found, signature = [], snakemake.common.inspect.signature
    monkeypatch.setattr(
        snakemake.common.inspect,
        "signature",
        lambda function: found.append(function) or signature(function),
    )
    return found


def test_a_function_is_asked_once_and_gets_what_it_takes(asked):
    def megabytes(wildcards, attempt):
        return attempt

    say_once(megabytes)
    for _ in range(3):
        assert get_input_function_aux_params(megabytes, GIVEN) == {"attempt": 2}
        assert list(get_function_params(megabytes)) == ["wildcards", "attempt"]
    assert asked == [megabytes]


def test_so_is_a_method_that_takes_everything(asked):
    class Asked:
        def evaluate(self, *arguments, **keywords):
            return keywords

    say_once(Asked.evaluate)
    for _ in range(3):
        assert get_input_function_aux_params(Asked().evaluate, GIVEN) == GIVEN
        assert "groupid" not in get_function_params(Asked().evaluate)
    assert asked == [Asked.evaluate]


def test_of_a_rule_all_are(asked):
    def path(wildcards):
        return wildcards

    def settings(wildcards):
        return wildcards

    def minutes(wildcards, attempt):
        return attempt

    resources = {"runtime": Resource("runtime", minutes), "gpu": Resource("gpu", 1)}
    of_rule(SimpleNamespace(input=["a path", path], params=[settings, 3], resources=resources))
    for function in (path, settings, minutes):
        get_function_params(function)
    assert asked == [path, settings, minutes]
