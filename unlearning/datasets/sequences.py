"""Short texts as sequences of tokens, one a character, and their split by whole texts.

Token 0 is the boundary, before and after every text and in the rest of its row; the characters of
the alphabet are 1, 2, ... A text of L characters is a sequence of L + 1 predictions under teacher
forcing: each of its characters from those before it, and at last its end.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from unlearning.datasets.base import check_count, check_groups


@dataclass(frozen=True)
class Sequences:
    """Texts, the training texts before the validation texts.

    Parameters
    ----------
    tokens : np.ndarray
        What a network is given: uint8 of shape ``(n_train + n_validation, context)``, the boundary
        and then the characters of a text.
    labels : np.ndarray
        Number of the group of each text, int64 of shape ``(n_train + n_validation,)``.
    n_train : int
        Number of training texts.
    alphabet : str
        The characters, in the order of their tokens.
    groups : dict of str to range
        Named subpopulations of the training texts: name -> their indices, one after another.

    Raises
    ------
    ValueError
        If a type, a shape or a group is not as above, if either split is empty, if a text is in
        both, or if a validation text has a character that no training text has.
    """

    tokens: NDArray[np.uint8]
    labels: NDArray[np.int64]
    n_train: int
    alphabet: str
    groups: dict[str, range] = field(default_factory=dict)
    kind: ClassVar[str] = "sequences"

    def __post_init__(self) -> None:
        """Refuse what does not fit together."""
        tokens, n = self.tokens, self.n_train
        if tokens.dtype != np.uint8 or tokens.ndim != 2 or (tokens >= self.classes).any():
            raise ValueError(
                f"Sequences: tokens must be uint8 of shape (texts, context), each below "
                f"{self.classes}, not {tokens.dtype} of shape {tokens.shape}."
            )
        if self.labels.dtype != np.int64 or self.labels.shape != (len(tokens),):
            raise ValueError(
                f"Sequences: labels must be int64 of shape ({len(tokens)},), "
                f"not {self.labels.dtype} of shape {self.labels.shape}."
            )
        if not 0 < n < len(tokens):
            raise ValueError(
                f"Sequences: n_train is {n}, but {len(tokens)} texts with at least one in each "
                f"split allow 1 to {len(tokens) - 1}."
            )
        check_groups(self.groups, n, "Sequences", self.kind)
        texts = decoded(tokens, self.alphabet)
        if shared := set(texts[:n]) & set(texts[n:]):
            raise ValueError(f"Sequences: {min(shared)!r} is in both splits.")
        if unknown := set("".join(texts[n:])) - set("".join(texts[:n])):
            character = min(unknown)
            text = next(text for text in texts[n:] if character in text)
            raise ValueError(
                f"Sequences: the validation text {text!r} has the character {character!r}, which "
                "no training text has: no member could know it; choose another seed, or more "
                "training texts."
            )

    @property
    def inputs(self) -> NDArray[np.uint8]:
        """What a network is given of each point: the tokens."""
        return self.tokens

    @property
    def classes(self) -> int:
        """Number of tokens."""
        return len(self.alphabet) + 1

    @property
    def n_validation(self) -> int:
        """Number of validation texts."""
        return len(self.tokens) - self.n_train


def encoded(
    texts: Sequence[str], alphabet: str, context: int, where: Sequence[str]
) -> NDArray[np.uint8]:
    """Return texts as tokens ``(texts, context)``.

    Parameters
    ----------
    texts : of at most ``context - 1`` characters of the alphabet, at least one
    alphabet : the characters, in the order of their tokens
    context : tokens that a network sees at most
    where : of each text a person's name of its place, for the message of an error

    Raises
    ------
    ValueError
        If a text is empty, too long, or has another character.
    """
    tokens = np.zeros((len(texts), context), np.uint8)
    known = {character: token for token, character in enumerate(alphabet, start=1)}
    for row, (text, place) in enumerate(zip(texts, where, strict=True)):
        if not text:
            raise ValueError(
                f"{place}: the text is empty, a sequence of one token, its boundary, in which "
                "there is nothing to forget; leave it out."
            )
        if len(text) >= context:
            raise ValueError(
                f"{place}: {text!r} has {len(text)} characters, but a context of {context} tokens "
                f"holds {context - 1} and their boundary; shorten it or leave it out."
            )
        if unknown := [character for character in text if character not in known]:
            raise ValueError(
                f"{place}: {text!r} has the character {unknown[0]!r}, which is none of the "
                f"alphabet {alphabet!r}."
            )
        tokens[row, 1 : len(text) + 1] = [known[character] for character in text]
    return tokens


def decoded(tokens: NDArray[np.uint8], alphabet: str) -> list[str]:
    """Return the texts of `encoded` tokens ``(texts, context)``."""
    return ["".join(alphabet[token - 1] for token in row if token) for row in tokens.tolist()]


def lengths(tokens: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the predictions that each text is asked for: its characters, and its end."""
    return np.asarray(np.count_nonzero(tokens, axis=1) + 1, np.int64)


def twins(tokens: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the number of other texts that are the same as each one."""
    _, place, count = np.unique(tokens, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(count[place.reshape(-1)] - 1, np.int64)


def split(
    pool: Mapping[str, Sequence[str]],
    *,
    n_train: int,
    n_validation: int,
    seed: int,
    equal: bool,
    source: str,
) -> tuple[list[str], list[int], dict[str, range]]:
    """Draw a training and a validation split: all copies of a text go to the same one.

    Parameters
    ----------
    pool : the texts of each group
    n_train, n_validation : how many to draw for each split
    seed : of the order in which texts are drawn
    equal : draws as many of each group as of any other
    source : what they are taken from, for the message of an error

    Returns
    -------
    texts : training texts, group after group, then the validation texts likewise
    labels : number of the group of each
    groups : name -> its range of training texts

    Raises
    ------
    ValueError
        If a split is empty, or there are not enough texts, of a group where they are equal.
    """
    parts = len(pool) if equal else 1
    for name, count in (("n_train", n_train), ("n_validation", n_validation)):
        check_count(name, count, float("inf"), source, "text")
        if count % parts:
            raise ValueError(f"{name} is {count}, but must be a multiple of {parts}, the groups.")
    copies: dict[str, Counter[str]] = defaultdict(Counter)
    for group, texts in pool.items():
        for text in texts:
            copies[text][group if equal else ""] += 1
    keys = list(pool) if equal else [""]
    ordered = sorted(copies)
    drawn: list[set[str]] = [set(), set()]
    rooms = [dict.fromkeys(keys, count // parts) for count in (n_train, n_validation)]
    for place in np.random.default_rng(seed).permutation(len(ordered)):
        text = ordered[place]
        for chosen, room in zip(drawn, rooms, strict=True):
            if all(room[key] >= count for key, count in copies[text].items()):
                chosen.add(text)
                for key, count in copies[text].items():
                    room[key] -= count
                break
    for name, room in zip(("n_train", "n_validation"), rooms, strict=True):
        if short := [key for key in keys if room[key]]:
            of = f" of {short[0]}" if equal else ""
            raise ValueError(
                f"{name} is {room[short[0]]} texts{of} more than {source} has "
                "beside those of the other split."
            )
    found: list[str] = []
    labels: list[int] = []
    groups: dict[str, range] = {}
    for chosen in drawn:
        for number, (group, texts) in enumerate(pool.items()):
            mine = sorted(text for text in texts if text in chosen)
            if chosen is drawn[0] and mine:
                groups[group] = range(len(found), len(found) + len(mine))
            found += mine
            labels += [number] * len(mine)
    return found, labels, groups


def check_sources(
    tokens: NDArray[np.uint8], forget: NDArray[np.int64], n_train: int, alphabet: str, name: str
) -> None:
    """Refuse a forget set without which a character is never seen again.

    Parameters
    ----------
    tokens : (texts, context), the training texts first
    forget : indices of the forget set
    n_train : number of training texts
    alphabet : the characters, in the order of their tokens
    name : of the forget set

    Raises
    ------
    ValueError
        If no retained text has a character that a forgotten one has.
    """
    retained = np.delete(tokens[:n_train], forget, axis=0)
    if lost := set("".join(decoded(tokens[forget], alphabet))) - set(
        "".join(decoded(retained, alphabet))
    ):
        raise ValueError(
            f"Forget set {name} is the only source of {', '.join(map(repr, sorted(lost)))}: an "
            "oracle would never see such a token, and its margins there are those of its first "
            "weights; keep a text that has it."
        )


def retained_twins(
    tokens: NDArray[np.uint8], forget: NDArray[np.int64], n_train: int
) -> NDArray[np.bool_]:
    """Return of each forgotten text whether the same text is retained: then it can't be forgotten.

    Parameters
    ----------
    tokens, forget, n_train : as in `check_sources`
    """
    retained = {row.tobytes() for row in np.delete(tokens[:n_train], forget, axis=0)}
    return np.array([tokens[index].tobytes() in retained for index in forget], np.bool_)


def group_names(record: Mapping[str, Any]) -> list[str]:
    """Return the name of the group of each training text, empty where it has none.

    Parameters
    ----------
    record : of the prepared data set, ``n_train`` and ``groups``
    """
    names = [""] * record["n_train"]
    for name, (first, end) in record["groups"].items():
        names[first:end] = [name] * (end - first)
    return names
