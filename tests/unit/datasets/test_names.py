"""Family names from Faker: as many of each language, no name in both splits."""

import numpy as np

from unlearning.datasets import names
from unlearning.datasets.sequences import decoded


def test_languages_are_equal_groups_and_splits_share_no_name():
    found = names.load(n_train=600, n_validation=100, seed=3, folder=None)
    texts = decoded(found.tokens, names.ALPHABET)
    assert found.tokens.shape == (700, *names.SIZE) and len(names.ALPHABET) + 1 == names.CLASSES
    assert tuple(found.groups) == names.GROUPS
    assert {len(group) for group in found.groups.values()} == {60}
    assert (np.bincount(found.labels[600:]) == 10).all()
    assert not set(texts[:600]) & set(texts[600:])
    assert sum(text.endswith("nen") for text in texts[240:300]) > 20  # Finnish, and nobody else
    assert sum(text.endswith("nen") for text in texts[:240] + texts[300:600]) < 5


def test_the_alphabet_is_of_at_least_two_languages_each():
    pool = {name: names.family_names(locale) for name, locale in names.LOCALES.items()}
    for letter in names.ALPHABET:
        assert sum(any(letter in name for name in texts) for texts in pool.values()) >= 2, letter
