"""Equal content has one form, and what Snakemake would not compare is refused."""

import enum
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import yaml
from snakemake.iocontainers import Params

from unlearning.study import design
from unlearning.study.parameters import (
    canonical,
    check_names,
    settle,
    take_whole_numbers,
)


class Kind(enum.Enum):
    ONE = 1


class Word(enum.StrEnum):
    ONE = "one"


def listed(**params):
    """Return parameters as Snakemake keeps them for a rule."""
    found = Params()
    found.update(params)
    return found


SAME = [
    {"epochs": 24, "rates": [0.1, 5], "nested": {"a": None, "b": True}},
    {"nested": {"b": True, "a": None}, "rates": (1.0e-1, 5.0), "epochs": 24.0},
]


def test_equal_content_prints_alike():
    one, other = (repr(canonical(value, "here")) for value in SAME)
    assert one == other
    assert one == "{'epochs': 24, 'nested': {'a': None, 'b': True}, 'rates': [0.1, 5]}"


@pytest.mark.parametrize(
    "change", [{"epochs": 25}, {"rates": [5, 0.1]}, {"nested": {"a": None, "b": 1}}, {"rates": []}]
)
def test_other_content_prints_otherwise(change):
    assert repr(canonical(SAME[0] | change, "here")) != repr(canonical(SAME[0], "here"))


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (np.int64(3), "numpy.int64"),
        (np.float64(0.5), "numpy.float64"),
        (np.str_("a"), "numpy.str_"),
        (np.zeros(2), "numpy.ndarray"),
        (Path("a"), "PosixPath"),
        (Decimal("0.1"), "decimal.Decimal"),
        (Fraction(1, 2), "fractions.Fraction"),
        (Kind.ONE, "Kind"),
        (Word.ONE, "Word"),
        ({1, 2}, "set"),
        (b"a", "bytes"),
        (range(3), "range"),
    ],
)
def test_what_would_change_unseen_is_refused(value, name):
    params = listed(members=3, run={"deep": [0, {"er": value}]})
    match = rf"^rule unlearn, params.run.deep\[1\].er: .* is of type .*{name}, whose changes"
    with pytest.raises(ValueError, match=match):
        settle(params, "unlearn")


def test_what_no_one_can_name_is_refused():
    with pytest.raises(ValueError, match=r"rule unlearn, params\.run: the key 1 is of type int"):
        settle(listed(run={1: "a"}), "unlearn")
    with pytest.raises(ValueError, match="rule unlearn: a parameter has no name"):
        settle(Params([3]), "unlearn")


def test_rules_get_what_is_settled():
    """Snakemake reads a parameter as an attribute of its list, jobs get a copy of it."""
    params = listed(members=(1, 2), run={"b": 2.0, "a": 1})
    settle(params, "unlearn")
    assert repr(list(params)) == repr([params.members, params.run])
    assert repr(dict(params.items())) == "{'members': [1, 2], 'run': {'a': 1, 'b': 2}}"
    assert repr(list(params._allitems())[1][1]) == "{'a': 1, 'b': 2}"


def test_functions_keep_their_arguments_and_are_settled_when_called():
    params = listed(
        run=lambda wildcards, attempt=1: {"b": wildcards, "a": (attempt, 2.0)}, kind=lambda _: Kind
    )
    settle(params, "unlearn")
    assert repr(params[0]("x", attempt=3)) == "{'a': [3, 2], 'b': 'x'}"
    assert params[0].__wrapped__.__code__.co_varnames == ("wildcards", "attempt")
    with pytest.raises(ValueError, match=r"rule unlearn, params\.kind: .*EnumType"):
        params[1](None)


def test_whole_numbers_are_whole_in_place():
    config = {"models": 1.0e3, "rates": [1e-3, 2.0, float("inf")], "flag": True, "a": {"b": 0.0}}
    assert take_whole_numbers(config) is config
    assert repr(config) == "{'models': 1000, 'rates': [0.001, 2, inf], 'flag': True, 'a': {'b': 0}}"


@pytest.mark.parametrize(("key", "kind"), [("1", "int"), ("1.5", "float"), ("true", "bool")])
def test_names_that_yaml_does_not_read_as_text_are_to_be_quoted(key, kind):
    config = yaml.safe_load(f"forget_sets: {{{key}: {{kind: random}}}}")
    with pytest.raises(ValueError, match=f"config: forget_sets: YAML .* as {kind}, .* in quotes"):
        check_names(config)
    check_names(yaml.safe_load(f"forget_sets: {{'{key}': [{{kind: random}}]}}"))


def test_the_order_of_a_sweep_changes_neither_names_nor_their_order():
    sweep = {"learning_rate": [0.1, 0.2], "forget_batch_size": [32, 64], "beta": [1], "alpha": [2]}
    found = []
    for keys in (list(sweep), list(sweep)[::-1]):
        stanza = {"sweep": {key: sweep[key] for key in keys}, "snapshots": {"epochs": [1]}}
        runs = design.trajectories({**stanza, "fixed": {}, "controls": [{"learning_rate": [0]}]})
        found.append(list(runs))
    assert found[0] == found[1]
    assert found[0][0] == "lr0.1_forgetbatch32_alpha2_beta1"
