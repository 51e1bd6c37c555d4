"""Where every random number of a study comes from.

A member's seed depends on the study's seed, its role, its forget set and its number, and on nothing
else: neither on the chunk it is trained in nor on how many other members there are.
"""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np


def _number(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big")


def member_seed(study_seed: int, role: str, forget_set: str, member: int) -> int:
    """Return the 63-bit seed of one ensemble member.

    Parameters
    ----------
    study_seed : seed of the study, >= 0
    role : what the member is for, such as ``"pretrained"`` or ``"oracle"``
    forget_set : name of the forget set, empty where there is none
    member : number of the member, >= 0
    """
    sequence = np.random.SeedSequence([study_seed, _number(role), _number(forget_set), member])
    return int(sequence.generate_state(1, np.uint64)[0] >> 1)


def member_seeds(study_seed: int, role: str, forget_set: str, members: Sequence[int]) -> list[int]:
    """Return `member_seed` of each of ``members``."""
    return [member_seed(study_seed, role, forget_set, member) for member in members]


def ensemble_seeds(
    source: str, study_seed: int, role: str, forget_set: str, members: Sequence[int]
) -> list[int]:
    """Return `member_seeds` of members trained here; published ones have their numbers alone.

    Parameters
    ----------
    source : ``"train"``, or where the ensembles are published
    study_seed, role, forget_set, members : as in `member_seed`
    """
    if source == "train":
        return member_seeds(study_seed, role, forget_set, members)
    return list(members)


def generator(seed: int, *key: int) -> np.random.Generator:
    """Return the generator of one purpose, such as ``(epoch, pass)``, of one member."""
    return np.random.default_rng([seed, *key])
