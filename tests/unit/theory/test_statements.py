"""Every statement of the theory has the verdict of its derivation, and could have another."""

import numpy as np
import pytest

from unlearning.theory.page import kind, lemmas_page
from unlearning.theory.statements import distances, one_coordinate, two_coordinates
from unlearning.theory.statements.catalogue import STATEMENTS
from unlearning.theory.statements.statement import Statement, Trial, examine

FAIL = {
    "Section 4.1, loss",
    "App. G.1",
    "App. H, order of branches",
    "App. F.3, order",
    "App. F.3, correction",
    "Early stopping, weights",
    "Fig. 3, correlation",
}
RESTRICTED = {
    "Lemma 1": "does not depend on F",
    "Lemma 2": "F^2 / (R (F + D)) <= alpha <= F/R",
    "Lemma 2, any alpha": "F^2 / (R (F + D)) <= alpha <= F/R",
    "Lemma 2, all coordinates": "the same in every coordinate",
    "Section C.1.1, farthest": "alpha >= F^2",
    "Lemma 7, proof": "alpha > F/R + lambda F / (e R_j)",
    "Lemma 4": "|R_ij| = 1 and alpha <= 1",
    "Lemma 4, any R_ij": "alpha <= 1",
    "Lemma 9": "alpha <= 1",
    "Lemma 13, proof": "alpha <= 1",
    "Eq. (10)": "|F| = |R|",
    "Eq. (13), real": "1 - e <= lambda R / sqrt(8 exp(1))",
    "Fig. 4, local minimum": "tanh",
    "App. B, fine-tuning": "tanh",
    "Section 5, inescapable": "gradient descent with a step of at most 0.01",
    "Fig. 3, large": "0.3 <= |F|/|D| <= 0.5",
    "Fig. 3, broadens": "|F| <= |D| / 2",
    "Fig. 3, inside the exact range": "has a stationary point",
}
BY_NAME = {statement.name: statement for statement in STATEMENTS}


def test_the_paper_is_covered():
    wanted = [f"Lemma {number}" for number in range(1, 14)] + ["Corollary 1", "Corollary 2"]
    wanted += [f"Eq. ({number})" for number in range(8, 15)]
    assert not set(wanted) - set(BY_NAME)
    assert sum(name.startswith("App. F.3") for name in BY_NAME) >= 3
    assert sum(name.startswith("App. B") for name in BY_NAME) >= 4
    assert {"Fig. 3, large", "Fig. 3, broadens", "Fig. 3, correlation"} <= set(BY_NAME)
    assert len(BY_NAME) == len(STATEMENTS)
    assert set(RESTRICTED) == {s.name for s in STATEMENTS if s.restriction}


@pytest.mark.parametrize("name", BY_NAME)
def test_verdicts(name):
    for seed in (0, 1):
        row = examine(BY_NAME[name], cases=3000, seed=seed)
        assert row["violations"] <= row["cases"]
        if name in RESTRICTED:
            # It fails outside the restriction, and never inside.
            assert row["verdict"].startswith("holds when ")
            assert RESTRICTED[name] in row["verdict"]
            assert row["violations"] > 0 == row["violations_restricted"]
            assert row["cases_restricted"] > 0 and row["counterexample"]
        elif name in FAIL:
            assert row["verdict"] == "fails" and row["counterexample"]
        else:
            assert row["verdict"] == "holds" and not row["counterexample"]


@pytest.mark.parametrize(
    ("module", "function", "field", "factor", "name"),
    [
        (two_coordinates, "bounds_two_dimensional", "lemma9_x_low", 1.01, "Lemma 9"),
        (two_coordinates, "bounds_two_dimensional", "lemma9_y_high", 0.99, "Lemma 9"),
        (two_coordinates, "bounds_two_dimensional", "lemma10_x_high", 0.9, "Lemma 10"),
        (two_coordinates, "alpha_bounds", "low", 0.9, "Lemma 11"),
        (two_coordinates, "alpha_bounds", "high", 1.1, "Lemma 4, any R_ij"),
        (one_coordinate, "one_dimensional", "oracle", 1.001, "Lemma 5"),
        (distances, "one_dimensional", "pretrained", 1.05, "Lemma 6"),
        (one_coordinate, "one_dimensional", "pretrained", 0.99, "Lemma 2"),
    ],
)
def test_a_slightly_stronger_lemma_would_be_refuted(
    monkeypatch, module, function, field, factor, name
):
    honest = getattr(module, function)

    def stronger(*arguments, **named):
        result = honest(*arguments, **named)
        return result._replace(**{field: factor * getattr(result, field)})

    monkeypatch.setattr(module, function, stronger)
    assert examine(BY_NAME[name], cases=3000, seed=0)["verdict"] == "fails"


def made_up(excess, inside=None, restriction=""):
    trial = Trial(
        {"x": np.arange(len(excess)), "word": np.array(["a & b"] * len(excess))},
        np.array(excess, dtype=float),
        None if inside is None else np.array(inside),
    )
    return Statement("Name", "place", "x < 0", lambda rng, cases: trial, restriction)


def test_verdicts_follow_from_the_cases():
    assert examine(made_up([-1, 0, 1e-12, np.nan]), cases=4, seed=0)["verdict"] == "holds"
    fails = examine(made_up([-1, 2, 3, 1]), cases=4, seed=0)
    assert (fails["verdict"], fails["violations"], fails["cases"]) == ("fails", 3, 4)
    assert (fails["largest_violation"], fails["counterexample"]) == (3, "x = 2, word = a & b")
    inside = made_up([-1, 2], [True, False], "x <= 0")
    assert examine(inside, cases=2, seed=0)["verdict"] == "holds when x <= 0"
    both = made_up([1, 2], [True, False], "x <= 0")
    assert examine(both, cases=2, seed=0)["verdict"] == "fails"
    for empty in (made_up([np.nan]), made_up([1.0], [False], "never")):
        with pytest.raises(RuntimeError, match="Name: none of the cases"):
            examine(empty, cases=1, seed=0)


def test_cases_depend_on_seed_and_name_alone():
    lemma = BY_NAME["Lemma 6"]
    first, again = (lemma.check(np.random.default_rng([0, *b"Lemma 6"]), 50) for _ in range(2))
    assert (first.excess == again.excess).all()
    assert examine(lemma, cases=50, seed=0) == examine(lemma, cases=50, seed=0)
    one, other = (examine(BY_NAME["Lemma 2"], cases=500, seed=seed) for seed in (0, 1))
    assert one["largest_violation"] != other["largest_violation"]


def test_a_counterexample_can_be_checked_by_hand():
    row = examine(BY_NAME["Lemma 2"], cases=3000, seed=0)
    values = dict(part.split(" = ") for part in row["counterexample"].split(", "))
    solved = one_coordinate.one_dimensional(**{k: float(v) for k, v in values.items()})
    product = (solved.ascent - solved.pretrained) * (solved.pretrained - solved.oracle)
    assert product == pytest.approx(-row["largest_violation"], rel=1e-3)


def test_the_page_holds_every_row():
    rows = [examine(made_up([-1, 2], [True, False], "x <= 0"), cases=2, seed=0)]
    rows.append(examine(made_up([3.0]), cases=1, seed=0))
    page = lemmas_page(rows, seed=5)
    assert page.count("<tr><td>") == 2 and "seed 5" in " ".join(page.split())
    assert "holds when x ≤ 0" in page and "word = a &amp; b" in page and "a & b" not in page
    assert [kind(row["verdict"]) for row in rows] == ["holds when", "fails"]
