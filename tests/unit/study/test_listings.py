"""One file stands for the code behind a job, by content, wherever study and repository lie."""

import os
from pathlib import Path

import pytest

from tests.helpers.code import forget
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
    monkeypatch.setattr(sources, "ROOT", root)
    monkeypatch.setattr(listings, "READER", "lower.py")
    monkeypatch.chdir(study)
    forget()
    yield root
    forget()


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
    Listings.remember([listed(told), "results/digits/data/inputs.npy"])
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


@pytest.fixture
def mine(repository):
    """Return a folder with a method, what it imports beside itself, and what it does not."""
    folder = repository.parent / "mine"
    for name, text in {
        "mine.py": "import helper\nfrom parts import first\nimport lower\nimport numpy\n",
        "helper.py": "def late():\n    import deep\n",
        "deep.py": "",
        "never.py": "",
        "parts/__init__.py": "from .second import x\n",
        "parts/first.py": "from . import third\n",
        "parts/second.py": "x = 1\n",
        "parts/third.py": "",
        "parts/never.py": "",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def with_method(name, told=None):
    forget()
    return Listings([].append if told is None else told.append)("script.py", name)


def test_a_method_elsewhere_is_listed_with_what_it_imports_beside_itself(mine):
    listing = with_method("../mine/mine.py")
    assert listing.startswith(f"{FOLDER}/script+mine/")
    assert {line.split()[1] for line in Path(listing).read_text().splitlines()} == {
        "script.py",
        "lower.py",
        *("./mine.py", "./helper.py", "./deep.py"),
        *(f"./parts/{name}.py" for name in ("__init__", "first", "second", "third")),
    }


@pytest.mark.parametrize("name", ["mine.py", "deep.py", "parts/second.py", "parts/third.py"])
def test_an_edit_of_any_of_them_is_another_listing_and_of_nothing_else(mine, name):
    told = []
    first = with_method("../mine/mine.py", told)
    Listings.remember([first])
    (mine / "never.py").write_text("1\n")
    (mine / "parts" / "never.py").write_text("1\n")
    assert with_method("../mine/mine.py", told) == first
    (mine / name).write_text((mine / name).read_text() + "# Edited.\n")
    assert with_method("../mine/mine.py", told) != first
    assert told == [f"Code has changed since the last run: ./{name}"]


def test_a_method_may_move_with_what_is_beside_it(mine):
    first = with_method("../mine/mine.py")
    mine.rename(Path.cwd() / "methods")
    assert with_method("./methods/mine.py") == first
    assert with_method(str(Path.cwd() / "methods" / "mine.py")) == first
    # Its packages are its own affair: what starts jobs looks at those of this repository.
    assert Listings.packages([first]) == {"lower"}


def test_a_package_of_the_same_name_beside_the_method_is_found_first(mine):
    (mine / "lower.py").write_text("")
    lines = Path(with_method("../mine/mine.py")).read_text().splitlines()
    assert {"./lower.py", "lower.py"} <= {line.split()[1] for line in lines}
