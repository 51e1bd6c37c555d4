"""One file stands for the code behind a job, by content, wherever study and repository lie."""

import os
from pathlib import Path

import pytest

from unlearning.study import listings, sources
from unlearning.study.listings import FOLDER, Listings, is_listing


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Return a repository of two files, beside the study's folder that is worked in."""
    root, study = tmp_path / "repository", tmp_path / "study"
    for folder in (root, study):
        folder.mkdir()
    (root / "script.py").write_text("import lower\n")
    (root / "lower.py").write_text("A = 1\n")
    for module in (sources, listings):
        monkeypatch.setattr(module, "ROOT", root)
    monkeypatch.setattr(listings, "READER", "lower.py")
    monkeypatch.chdir(study)
    forget()
    yield root
    forget()


def forget():
    """As a new process does."""
    for name in ("sources", "blob", "_imported", "_behind", "_does_something"):
        cached = getattr(sources, name)
        cached.cache_clear()
    sources.known.clear()


def listed(told=None):
    forget()
    return Listings([].append if told is None else told.append)("script.py")


def test_equal_content_has_one_listing_and_other_content_another(repository):
    first = listed()
    assert is_listing(first) and first.startswith(f"{FOLDER}/script/")
    assert [line.split()[1] for line in Path(first).read_text().splitlines()] == [
        "lower.py",
        "script.py",
    ]
    os.utime(repository / "lower.py", (1e9, 1e9))
    assert listed() == first
    (repository / "lower.py").write_text("A = 2\n")
    second = listed()
    assert second != first
    (repository / "lower.py").write_text("A = 1\n")
    assert listed() == first


def test_a_listing_is_as_old_as_the_youngest_code(repository):
    for number, name in enumerate(("script.py", "lower.py")):
        os.utime(repository / name, (1e9 + number, 1e9 + number))
    assert Path(listed()).stat().st_mtime == 1e9 + 1


def test_what_has_changed_since_the_last_run_is_said_once(repository):
    told = []
    Listings.remember([listed(told), "results/digits/data/images.npy"])
    (repository / "lower.py").write_text("A = 2\n")
    second = listed(told)
    assert told == ["Code has changed since the last run: lower.py"]
    # Planned, but not run: so it is said in the next plan as well.
    listed(told)
    assert len(told) == 2
    Listings.remember([second])
    listed(told)
    assert len(told) == 2


def test_the_packages_behind_jobs_are_those_of_their_code(repository):
    (repository / "lower.py").write_text("from torch.nn import functional\n")
    assert Listings.packages([listed(), "results/digits/scores.csv"]) == {"lower", "torch"}
    assert Listings.packages([]) == set()


def test_a_file_that_is_not_there_is_named(repository):
    with pytest.raises(FileNotFoundError, match=r"nothing\.py"):
        Listings([].append)("nothing.py")


def test_what_files_import_is_kept_and_parsed_again_where_they_change(repository, monkeypatch):
    first = listed()
    parsed = []
    parse = sources.ast.parse
    monkeypatch.setattr(
        sources.ast, "parse", lambda text, name: parsed.append(Path(name).name) or parse(text, name)
    )
    assert listed() == first and parsed == []
    (repository / "script.py").write_text("import lower  # still\n")
    assert listed() != first and parsed == ["script.py"]
    for damage in ("", "[]", '{"reader": 1}', "{"):
        Path(FOLDER, "imports.json").write_text(damage)
        parsed.clear()
        listed()
        assert sorted(parsed) == ["lower.py", "script.py"]
