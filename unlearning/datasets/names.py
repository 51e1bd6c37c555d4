"""Family names of ten languages, the lists of the package Faker, one token a letter."""

import numpy as np

from unlearning.datasets.base import check_no_folder
from unlearning.datasets.sequences import Sequences, encoded, split

#: The boundary and the letters of the longest name that is taken, eleven.
SIZE = (12,)
#: Letters that at least two languages have: of a letter of one language alone, forgetting the
#: language would leave nothing to learn it from.
ALPHABET = "abcdefghijklmnopqrstuvwxyzäéöšž"
CLASSES = 32
GROUPS = (
    "croatian",
    "dutch",
    "english",
    "estonian",
    "finnish",
    "french",
    "german",
    "italian",
    "spanish",
    "swedish",
)
LOCALES = dict(
    zip(
        GROUPS,
        ["hr_HR", "nl_NL", "en_US", "et_EE", "fi_FI", "fr_FR", "de_DE", "it_IT", "es_ES", "sv_SE"],
        strict=True,
    )
)


def load(*, n_train: int, n_validation: int, seed: int, folder: str | None) -> Sequences:
    """Draw names, as many of each language as of any other, split by the seed.

    A name that several languages have is there once for each, and all of these copies are in the
    same split.

    Parameters
    ----------
    n_train, n_validation : int
        Number of names of each split, multiples of 10.
    seed : int
        Seed of the order in which names are drawn.
    folder : None
        The names come with Faker: there is no folder to give.

    Returns
    -------
    Sequences
        In lower case; the languages are groups.

    Raises
    ------
    ValueError
        If a split is empty or no multiple of 10, more names are asked for than there are, or a
        folder is given.
    """
    source = "names, the lists of Faker,"
    check_no_folder(folder, source)
    pool = {language: family_names(locale) for language, locale in LOCALES.items()}
    texts, labels, groups = split(
        pool, n_train=n_train, n_validation=n_validation, seed=seed, equal=True, source=source
    )
    tokens = encoded(texts, ALPHABET, SIZE[0], texts)
    return Sequences(tokens, np.array(labels, np.int64), n_train, ALPHABET, groups)


def family_names(locale: str) -> list[str]:
    """Return the family names of a locale that are of the alphabet and fit, each once, sorted."""
    # Importing Faker takes a second, and only this job needs it.
    from faker import Faker

    provider = next(
        provider for provider in Faker(locale).get_providers() if hasattr(provider, "last_names")
    )
    names = {str(name).lower() for name in provider.last_names}
    letters = set(ALPHABET)
    return sorted(name for name in names if set(name) <= letters and 1 < len(name) < SIZE[0])
