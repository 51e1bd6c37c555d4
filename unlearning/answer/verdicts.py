"""The words in which the answer is given, and what goes with each."""

from typing import NamedTuple

STANDS, IN_PART, FAILS = "stands", "stands in part", "does not stand"
UNKNOWN = "cannot be told at this N"
ARTEFACT = "is an artefact of "
NOT_TESTED = "not tested"


class Verdict(NamedTuple):
    """What a study says of a claim.

    ``word`` is one of the above, ``because`` a sentence with the numbers that it follows from.
    """

    word: str
    because: str

    @property
    def kind(self) -> str:
        """The word, of an artefact without what it is of."""
        return ARTEFACT.strip() if self.word.startswith(ARTEFACT) else self.word


def artefact(of: str) -> str:
    """Return the word of a verdict: that something else than the claim says is behind it."""
    return ARTEFACT + of


def by_count(holding: int, told: int, of: int) -> str:
    """Return the word for a claim that holds in so many of the cases that can be told.

    It neither stands nor fails where these are half of all cases or fewer.
    """
    if not told:
        return UNKNOWN
    word = STANDS if holding == told else IN_PART if holding else FAILS
    return tempered(word, told, of)


def tempered(word: str, told: int, of: int) -> str:
    """Return a word that is not firm where what it rests on is half of all cases or fewer."""
    return word if told > of / 2 else {STANDS: IN_PART, FAILS: UNKNOWN}.get(word, word)


def counted(number: int, of: int, what: str) -> str:
    """Return how many of how many, in words."""
    return f"{number} of {of} {what}"


def numbered(number: int, what: str) -> str:
    """Return a number of things, of which one has no ending."""
    return f"{number} {what}{'' if number == 1 else 's'}"
