"""The files that a script depends on, and their contents: results follow code file by file."""

import ast
import hashlib
from functools import cache
from pathlib import Path

#: The root of the repository; of a package that was installed, the folder that it is in.
ROOT = Path(__file__).resolve().parents[2]

#: What files import, by identifier of content and path: parsing them all takes most of a plan that
#: finds nothing to do, so whoever plans may keep it from one plan to the next.
known: dict[str, list[str]] = {}


def parsed(source: Path) -> ast.Module:
    """Return a file of code as Python reads it.

    Raises
    ------
    ValueError
        Names the file and the line that is none.
    """
    name = source.relative_to(ROOT) if source.is_relative_to(ROOT) else source
    try:
        return ast.parse(source.read_text("utf-8"), str(name))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f"{name}, line {line}" if line else str(name)
        raise ValueError(f"{where}: {getattr(error, 'msg', error)}: not Python") from error


def _names(source: Path) -> list[str]:
    """Return the dotted names that a file of code imports, from anywhere."""
    path = source.relative_to(ROOT)
    key = f"{blob(path.as_posix())} {path.as_posix()}"
    if key not in known:
        names: set[str] = set()
        for node in ast.walk(parsed(source)):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = [node.module] if node.module else []
                if node.level:
                    base = [*path.parts[: -node.level], *base]
                names.add(".".join(base))
                names |= {".".join([*base, alias.name]) for alias in node.names}
        known[key] = sorted(names)
    return known[key]


@cache
def _imported(source: Path) -> set[Path]:
    """Return the files of this repository that a file imports."""
    if source.suffix != ".py":
        return set()
    return {file for name in _names(source) for file in _behind(name)}


def packages(path: str) -> set[str]:
    """Return the names of the packages that a file of this repository imports; its own, too."""
    names = _names(ROOT / path) if path.endswith(".py") else []
    return {name.partition(".")[0] for name in names}


@cache
def _behind(name: str) -> set[Path]:
    """Return the files of this repository that importing a dotted name runs."""
    above, _, _ = name.rpartition(".")
    module = ROOT.joinpath(*name.split("."))
    files = (module.with_suffix(".py"), module / "__init__.py")
    return {file for file in files if _does_something(file)} | (_behind(above) if above else set())


@cache
def _does_something(file: Path) -> bool:
    """Return whether a file is there, and is more than the sentence of a room."""
    if not file.is_file():
        return False
    body = [] if file.name != "__init__.py" else parsed(file).body
    sentence = (
        len(body) == 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    )
    return file.name != "__init__.py" or bool(body and not sentence)


@cache
def blob(path: str) -> str:
    """Return git's identifier of the content of a file, given from the repository's root."""
    content = (ROOT / path).read_bytes()
    header = f"blob {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def loader(dataset: str) -> list[str]:
    """Return the files of a data set's loader: the module, and tables beside it."""
    folder = ROOT / "unlearning" / "datasets"
    files = [folder / f"{dataset}.py", *sorted(folder.glob(f"{dataset}_*.csv"))]
    return [str(path.relative_to(ROOT)) for path in files]


@cache
def sources(*paths: str) -> list[str]:
    """Return the given files and everything of this repository that they import.

    Parameters
    ----------
    paths : files relative to the repository's root

    Returns
    -------
    list of str
        Sorted paths relative to the repository's root.

    Raises
    ------
    FileNotFoundError
        When one of the paths is not a file.
    """
    found: set[Path] = set()
    pending = [ROOT / path for path in paths]
    while pending:
        source = pending.pop()
        if source not in found:
            found.add(source)
            pending.extend(_imported(source))
    return sorted(source.relative_to(ROOT).as_posix() for source in found)
