"""Texts as tokens: what is refused, and a split that no text is on both sides of."""

import numpy as np
import pytest

from unlearning.datasets.sequences import (
    Sequences,
    check_sources,
    decoded,
    encoded,
    group_names,
    lengths,
    retained_twins,
    split,
    twins,
)

ABC = "abc"


def tokens(*texts, context=5):
    return encoded(texts, ABC, context, texts)


def test_tokens_are_the_boundary_and_then_the_text():
    found = tokens("ab", "c", "abca")
    np.testing.assert_array_equal(found, [[0, 1, 2, 0, 0], [0, 3, 0, 0, 0], [0, 1, 2, 3, 1]])
    assert lengths(found).tolist() == [3, 2, 5]  # each character, and the end
    assert decoded(found, ABC) == ["ab", "c", "abca"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "here: the text is empty, a sequence of one token"),
        ("abcab", "here: 'abcab' has 5 characters, but a context of 5 tokens holds 4"),
        ("abd", "here: 'abd' has the character 'd', which is none of the alphabet 'abc'"),
    ],
)
def test_a_text_that_cannot_be_a_sequence_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        encoded([text], ABC, 5, ["here"])


@pytest.mark.parametrize(
    ("texts", "change", "message"),
    [
        (("ab", "a", "ab"), {}, "'ab' is in both splits"),
        (("ab", "a", "ac"), {}, "validation text 'ac' has the character 'c'"),
        (("ab", "a", "b"), {"labels": np.zeros(2, np.int64)}, r"labels must be int64 of shape"),
        (("ab", "a", "b"), {"n_train": 3}, "allow 1 to 2"),
        (("ab", "a", "b"), {"groups": {"x": range(1, 3)}}, "group 'x' is range"),
        (("ab", "a", "b"), {"tokens": np.full((3, 5), 4, np.uint8)}, "each below 4"),
    ],
)
def test_sequences_refuse_what_does_not_fit(texts, change, message):
    fitting = {"tokens": tokens(*texts), "labels": np.zeros(3, np.int64), "n_train": 2}
    with pytest.raises(ValueError, match=message):
        Sequences(**{**fitting, "alphabet": ABC, **change})


def test_copies_of_a_text_stay_together():
    pool = {"one": ["a", "b", "c", "aa", "ab"], "two": ["a", "b", "cc", "ca", "cb"]}
    for seed in range(20):
        texts, labels, groups = split(
            pool, n_train=6, n_validation=2, seed=seed, equal=True, source="here"
        )
        assert not set(texts[:6]) & set(texts[6:])
        assert labels == [0, 0, 0, 1, 1, 1, 0, 1]
        assert groups == {"one": range(3), "two": range(3, 6)}
        assert all(text in pool["one"] for text in texts[:3])
        for text in ("a", "b"):
            assert texts.count(text) in (0, 2)
    other = split(pool, n_train=6, n_validation=2, seed=99, equal=True, source="here")
    assert other != split(pool, n_train=6, n_validation=2, seed=98, equal=True, source="here")


def test_too_few_texts_are_refused():
    with pytest.raises(ValueError, match=r"n_validation is 1 texts of x more than here has"):
        split({"x": ["a", "b"]}, n_train=1, n_validation=2, seed=0, equal=True, source="here")
    with pytest.raises(ValueError, match="n_train is 3, but must be a multiple of 2"):
        split({"x": [], "y": []}, n_train=3, n_validation=2, seed=0, equal=True, source="here")


def test_twins_are_counted_and_told_where_one_is_retained():
    found = tokens("ab", "a", "ab", "c", "ab")
    assert twins(found).tolist() == [2, 0, 2, 0, 2]
    # The fifth is no training text; of the third and the fourth one has a twin that is retained.
    assert retained_twins(found, np.array([2, 3]), 4).tolist() == [True, False]
    assert retained_twins(found, np.array([0, 2]), 4).tolist() == [False, False]


def test_the_only_source_of_a_character_cannot_be_forgotten():
    found = tokens("ab", "a", "b", "c", "c")
    check_sources(found, np.array([0]), 4, ABC, "F")
    with pytest.raises(ValueError, match="Forget set F is the only source of 'c': an oracle"):
        check_sources(found, np.array([0, 3]), 4, ABC, "F")


def test_groups_are_told_point_by_point():
    record = {"n_train": 4, "groups": {"x": [1, 3]}}
    assert group_names(record) == ["", "x", "x", ""]
