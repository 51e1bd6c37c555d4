"""A folder of text files: each line a sequence, each file a subpopulation, a token a character."""

from pathlib import Path

import numpy as np

from unlearning.datasets.base import existing_folder
from unlearning.datasets.sequences import Sequences, encoded, split

SIZE = (64,)
#: The printable characters of ASCII.
ALPHABET = "".join(map(chr, range(32, 127)))
CLASSES = 96
NEEDS_FOLDER = True
#: The files of the folder; when one changes, or comes or goes, the data are read again.
READS = "*.txt"


def load(*, n_train: int, n_validation: int, seed: int, folder: str | None) -> Sequences:
    """Read every line of the files ``*.txt`` of a folder, and split them by the seed.

    A line that is there several times is kept as often, and all of these copies are in the same
    split. The groups are the files, by their names without the ending.

    Parameters
    ----------
    n_train, n_validation : int
        Number of lines of each split.
    seed : int
        Seed of the order in which lines are drawn.
    folder : str
        Where the files are.

    Returns
    -------
    Sequences
        Lines of at most 63 characters.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no text file in it.
    ValueError
        If a split is empty, more lines are asked for than there are, or a file is empty, is no
        UTF-8, or has a line that is empty, too long, or of other characters.
    """
    if folder is None:
        raise ValueError("folder is None, but texts are read from one: give its path.")
    path = existing_folder(folder, "a folder of files *.txt")
    files = sorted(path.glob(READS))
    if not files:
        raise FileNotFoundError(f"folder is {folder!r}, and there is no file *.txt in it.")
    pool = {file.stem: lines(file) for file in files}
    texts, labels, groups = split(
        pool, n_train=n_train, n_validation=n_validation, seed=seed, equal=False, source=str(path)
    )
    tokens = encoded(texts, ALPHABET, SIZE[0], texts)
    return Sequences(tokens, np.array(labels, np.int64), n_train, ALPHABET, groups)


def lines(file: Path) -> list[str]:
    """Return the lines of a text file, checked one by one.

    Raises
    ------
    ValueError
        If the file holds nothing, is no UTF-8, or a line cannot be a sequence.
    """
    try:
        found = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is no text in UTF-8 ({error}).") from error
    if not found:
        raise ValueError(f"{file} is empty: a file of texts has one a line.")
    encoded(found, ALPHABET, SIZE[0], [f"{file}, line {i}" for i in range(1, len(found) + 1)])
    return found
