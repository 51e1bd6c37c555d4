"""What a run may have otherwise whatever its method, and what the published code had otherwise.

A method's stanza gives hyperparameters: those of its own ``unlearn``, and any of the conditions
below, which the machinery around every method sees to. A run has the published ones where its study
is of ``protocol: published``, or where its own stanza or control says so.
"""

from math import inf
from typing import Any

Values = dict[str, Any]

#: Conditions of a run of any method, and what they are where nothing is said: plain SGD on batches
#: in an order of each member's own, over the whole forget set.
USUAL: Values = {"momentum": 0.0, "weight_decay": 0.0, "order": "shuffled", "forget_limit": None}

#: What the published code had instead: index order, and forget sets cut to this many points before
#: unlearning, the rest of them retained.
PUBLISHED: Values = {"order": "index", "forget_limit": 100}

#: The same of single methods' own hyperparameters: the published optimizer of SCRUB held the
#: teacher's weights.
PUBLISHED_OF: dict[str, Values] = {"scrub": {"student": "frozen"}}

#: At which value of a hyperparameter, learning rate aside, a method moves no weight.
ZERO_STRENGTH: Values = {"salient_share": 0, "selection": inf, "strength": 0}

#: Hyperparameters that are the optimizer's, the step size aside.
OPTIMIZER = ("momentum", "weight_decay")


def conditions(protocol: str, hyperparameters: Values) -> Values:
    """Return the conditions of a run: its own, else the protocol's, else the usual ones.

    Parameters
    ----------
    protocol : of the study, ``"corrected"`` or ``"published"``
    hyperparameters : of the run, its method's own among them
    """
    own = {key: value for key, value in hyperparameters.items() if key in USUAL}
    return {**USUAL, **(PUBLISHED if protocol == "published" else {}), **own}


def arguments(protocol: str, method: str, hyperparameters: Values) -> Values:
    """Return the hyperparameters that the method itself is called with, its snapshots aside."""
    own = {key: value for key, value in hyperparameters.items() if key not in USUAL}
    return {**(PUBLISHED_OF.get(method, {}) if protocol == "published" else {}), **own}


def is_published(name: str, value: Any) -> bool:
    """Return whether a hyperparameter has a flaw of the published code; any limit is its cut."""
    if name == "forget_limit":
        return value is not None
    flaws = [PUBLISHED, *PUBLISHED_OF.values()]
    return any(flaw.get(name) == value for flaw in flaws if name in flaw)


def kind(hyperparameters: Values, apart: frozenset[str], own: bool = False) -> str:
    """Return the kind of a run, the first that applies.

    ``zero_learning_rate`` learns nothing, ``zero_strength`` moves no weight for another reason,
    ``frozen_batch_norm`` keeps BatchNorm's statistics. Of the rest ``as_published`` has a flaw of
    the published code, and ``optimizer`` other settings of SGD than its method's usual ones.
    ``grid`` is what remains.

    Parameters
    ----------
    hyperparameters : of the run
    apart : those of them that only a control sets: what a method sweeps or fixes is its grid
    own : whether they are of the grid of a user's own method: of these only controls are known to
        move no weight
    """
    if hyperparameters.get("learning_rate") == 0:
        return "zero_learning_rate"
    zeros = {} if own else ZERO_STRENGTH
    if any(hyperparameters.get(name) == zero for name, zero in zeros.items()):
        return "zero_strength"
    if hyperparameters.get("batch_norm") == "frozen":
        return "frozen_batch_norm"
    if any(is_published(name, hyperparameters[name]) for name in apart):
        return "as_published"
    if apart & set(OPTIMIZER):
        return "optimizer"
    return "grid"
