"""One real run of the default study, in a copy of the repository."""

import pytest

from tests.helpers.study import copy_repository, snakemake


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Return the folder of a finished default study; tests leave it as they found it."""
    folder = tmp_path_factory.mktemp("study")
    copy_repository(folder)
    snakemake(folder, "--quiet", "rules")
    return folder


@pytest.fixture
def edit(finished):
    """Return a function that edits files of the study; every edit is undone afterwards."""
    originals = {}

    def replace(name, old, new):
        path = finished / name
        text = path.read_text()
        originals.setdefault(path, text)
        assert old in text, f"{name} no longer has {old!r}"
        path.write_text(text.replace(old, new, 1))

    def create(name, text):
        originals[finished / name] = None
        (finished / name).write_text(text)

    replace.create = create
    yield replace
    for path, text in originals.items():
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
