"""A statement of the paper, the cases it is tried on, and the verdict that follows from them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unlearning.theory.arguments import Array

#: Excess over a statement that is rounding and not a violation.
TOLERANCE = 1e-9
HOLDS, RESTRICTED, FAILS = "holds", "holds when", "fails"


class Trial(NamedTuple):
    """The cases that a statement was tried on.

    Attributes
    ----------
    parameters : dict of array (cases,)
        What tells the cases apart, by name; numbers or text.
    excess : array (cases,)
        By how much a case violates the statement: violated if above 1e-9, and infinite where what
        it states does not exist. NaN where the statement says nothing about the case.
    inside : array of bool (cases,), optional
        Which cases lie within the restriction of the statement, if it has one.
    """

    parameters: dict[str, NDArray[Any]]
    excess: Array
    inside: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Statement:
    """A statement, as printed or as corrected, with the computation that can refute it.

    Attributes
    ----------
    name, place : str
        What the paper calls it and where it stands.
    text : str
        What it says.
    check : callable
        Takes a generator and a number of cases, returns a `Trial`. A check of finitely many cases
        may return another number of them.
    restriction : str
        When the statement holds, in words: what `Trial.inside` marks. Empty for none.
    remark : str
        What else a reader should know.
    """

    name: str
    place: str
    text: str
    check: Callable[[np.random.Generator, int], Trial]
    restriction: str = ""
    remark: str = ""


def examine(statement: Statement, *, cases: int, seed: int) -> dict[str, Any]:
    """Try a statement on random cases and say whether it holds.

    The verdict is `holds` if no case violates the statement; else `holds when` followed by its
    restriction, if no case within the restriction violates it; else `fails`.

    Parameters
    ----------
    statement : Statement
    cases : int
        Number of cases to draw.
    seed : int
        The cases depend on it and on the name of the statement alone.

    Returns
    -------
    dict
        `name`, `place`, `statement`, `verdict`, `restriction`, `cases`, `violations`,
        `largest_violation`, `counterexample` (the worst case), `cases_restricted`,
        `violations_restricted`, `remark`.

    Raises
    ------
    RuntimeError
        When no case tells anything, or none lies within the restriction.
    """
    rng = np.random.default_rng([seed, *statement.name.encode()])
    trial = statement.check(rng, cases)
    tried = ~np.isnan(trial.excess)
    violated = tried & (trial.excess > TOLERANCE)
    limited = bool(statement.restriction) and trial.inside is not None
    inside = tried & trial.inside if limited else np.zeros_like(tried)
    if not tried.any() or (statement.restriction and not inside.any()):
        raise RuntimeError(f"{statement.name}: none of the cases drawn says anything")
    verdict, worst = HOLDS, int(np.argmax(np.where(violated, trial.excess, -np.inf)))
    if violated.any():
        restricted = inside.any() and not (violated & inside).any()
        verdict = f"{RESTRICTED} {statement.restriction}" if restricted else FAILS
    return {
        "name": statement.name,
        "place": statement.place,
        "statement": statement.text,
        "verdict": verdict,
        "restriction": statement.restriction,
        "cases": int(tried.sum()),
        "violations": int(violated.sum()),
        "largest_violation": float(trial.excess[worst]) if violated.any() else 0.0,
        "counterexample": _written(trial.parameters, worst) if violated.any() else "",
        "cases_restricted": int(inside.sum()),
        "violations_restricted": int((violated & inside).sum()),
        "remark": statement.remark,
    }


def examine_all(statements: Iterable[Statement], *, cases: int, seed: int) -> list[dict[str, Any]]:
    """Examine statements in turn: a row of the table each."""
    return [examine(statement, cases=cases, seed=seed) for statement in statements]


def _written(parameters: dict[str, NDArray[Any]], case: int) -> str:
    values = {name: array[case] for name, array in parameters.items()}
    return ", ".join(
        f"{name} = {value if isinstance(value, str) else format(value, '.6g')}"
        for name, value in values.items()
    )
