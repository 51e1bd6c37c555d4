"""A folder of text files: what is read, and what is refused with its file and line."""

import numpy as np
import pytest

from unlearning.datasets import texts
from unlearning.datasets.sequences import decoded


def load(folder, n_train=4, n_validation=1, seed=0):
    return texts.load(n_train=n_train, n_validation=n_validation, seed=seed, folder=str(folder))


def test_lines_are_sequences_and_files_are_groups(tmp_path):
    (tmp_path / "one.txt").write_text("To be\nor not\nTo be\n")
    (tmp_path / "two.txt").write_text("to be or\nTo tobe\n")
    (tmp_path / "read.me").write_text("no text of it\n")
    found = load(tmp_path)
    everything = decoded(found.tokens, texts.ALPHABET)
    assert sorted(everything) == ["To be", "To be", "To tobe", "or not", "to be or"]
    assert {*found.groups} == {"one", "two"}
    assert (found.labels[found.groups["two"]] == 1).all()
    assert found.tokens.shape == (5, *texts.SIZE) and found.classes == texts.CLASSES
    assert len(texts.ALPHABET) + 1 == texts.CLASSES
    np.testing.assert_array_equal(load(tmp_path).tokens, found.tokens)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"one\.txt is empty"),
        (b"a\n\nb\n", r"one\.txt, line 2: the text is empty"),
        (b"a\n" + b"b" * 64, r"one\.txt, line 2: .* has 64 characters, but a context of 64"),
        ("a\nb\u00e9\n".encode(), r"one\.txt, line 2: .* has the character 'é'"),
        (b"\xff\n", r"one\.txt is no text in UTF-8"),
        (b"a\nb\n", "n_train is 2 texts more than"),
    ],
)
def test_a_file_that_is_no_texts_is_named(content, message, tmp_path):
    (tmp_path / "one.txt").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load(tmp_path)


def test_a_missing_folder_or_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file \*\.txt"):
        load(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"it must be a folder of files \*\.txt"):
        load(tmp_path / "nowhere")
