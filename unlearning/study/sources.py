"""The files that a script depends on, and their contents: results follow code file by file.

Code has a name. Of this repository it is the path from its root; of a method that lives elsewhere,
and of what it imports beside itself, the path from the working directory (with ``./`` or ``../`` in
front) or an absolute one.
"""

import ast
import hashlib
import os
from functools import cache
from pathlib import Path

#: The root of the repository; of a package that was installed, the folder that it is in.
ROOT = Path(__file__).resolve().parents[2]

#: The package of this repository.
PACKAGE = "unlearning"

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


def outside(file: str) -> str:
    """Return the name of a file of code that is not of this repository.

    Parameters
    ----------
    file : its path, absolute or from the working directory
    """
    path = followed(os.path.normpath(file))
    return path if is_outside(path) else f"./{path}"


def followed(file: str) -> str:
    """Return the path of the file that Python runs: of a link what it points to, as it does."""
    if not os.path.islink(file):
        return file
    real = os.path.realpath(file)
    return real if os.path.isabs(file) else os.path.relpath(real)


def is_outside(name: str) -> bool:
    """Return whether a name of code is of a file outside of this repository."""
    return name.startswith((".", "/"))


def located(name: str) -> Path:
    """Return where the code of a name is."""
    return Path(name) if is_outside(name) else ROOT / name


def within(folder: str) -> list[str]:
    """Return the names of what lies in a folder of this repository, for code that reads it all."""
    files = (ROOT / folder).iterdir()
    return sorted(path.relative_to(ROOT).as_posix() for path in files)


def _names(name: str, beside: str) -> list[str]:
    """Return the dotted names that a file of code imports, from anywhere."""
    inner = os.path.relpath(name, beside) if is_outside(name) else name
    key = f"{blob(name)} {inner}"
    if key not in known:
        names: set[str] = set()
        for node in ast.walk(parsed(located(name))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = [node.module] if node.module else []
                if node.level:
                    base = [*Path(inner).parts[: -node.level], *base]
                names.add(".".join(base))
                names |= {".".join([*base, alias.name]) for alias in node.names}
            elif isinstance(node, ast.Call):
                names |= _called(node, inner)
        known[key] = sorted(names)
    return known[key]


def _called(call: ast.Call, inner: str) -> set[str]:
    """Return the dotted name that a call imports, where it stands there as text."""
    function = getattr(call.func, "attr", getattr(call.func, "id", ""))
    given = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
    if function not in ("import_module", "__import__") or not isinstance(given, str):
        return set()
    name = given.lstrip(".")
    level = len(given) - len(name)
    return {".".join([*Path(inner).parts[:-level], name]) if level else name}


@cache
def _imported(name: str, beside: str) -> set[str]:
    """Return the names of the files, here or beside a method elsewhere, that a file imports."""
    if not name.endswith(".py"):
        return set()
    home = beside if is_outside(name) else ""
    return {file for dotted in _names(name, home) for file in _behind(dotted, home)}


def packages(name: str) -> set[str]:
    """Return the names of the packages that a file of this repository imports; its own, too."""
    names = _names(name, "") if name.endswith(".py") else []
    return {name.partition(".")[0] for name in names}


@cache
def _behind(dotted: str, beside: str) -> set[str]:
    """Return the names of the files that importing a dotted name runs, here or beside a method."""
    above, _, last = dotted.rpartition(".")
    module = dotted.replace(".", "/")
    if beside and _is_beside(dotted.partition(".")[0], beside):
        module = f"{beside}/{module}"
    files = (f"{module}.py", f"{module}/__init__.py")
    found = {file for file in files if _does_something(file)}
    if last == "*":  # and what __all__ of a package names, modules among it
        package = module.removesuffix("*") + "__init__.py"
        names = _all_of(package) if _does_something(package) else []
        found |= {file for name in names for file in _behind(f"{above}.{name}", beside)}
    return found | (_behind(above, beside) if above else set())


def _all_of(name: str) -> list[str]:
    """Return what a file of code names in ``__all__``, where that is written out."""
    found: list[str] = []
    for node in ast.walk(parsed(located(name))):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(getattr(target, "id", "") == "__all__" for target in targets):
            parts = ast.walk(node.value) if isinstance(node, ast.Assign | ast.AugAssign) else ()
            values = [part.value for part in parts if isinstance(part, ast.Constant)]
            found += [value for value in values if isinstance(value, str)]
    return found


def _is_beside(package: str, beside: str) -> bool:
    """Return whether Python finds a package in the folder of a method before it looks elsewhere."""
    if package in (PACKAGE, ""):  # the former is imported already
        return False
    return Path(beside, f"{package}.py").is_file() or Path(beside, package).is_dir()


@cache
def _does_something(name: str) -> bool:
    """Return whether a file is there, and is more than the sentence of a room."""
    file = located(name)
    if not file.is_file():
        return False
    body = [] if file.name != "__init__.py" else parsed(file).body
    sentence = (
        len(body) == 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    )
    return file.name != "__init__.py" or bool(body and not sentence)


@cache
def blob(name: str) -> str:
    """Return git's identifier of the content of a file of code."""
    content = located(name).read_bytes()
    header = f"blob {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def loader(dataset: str) -> list[str]:
    """Return the files of a data set's loader: the module, and tables beside it."""
    folder = ROOT / "unlearning" / "datasets"
    files = [folder / f"{dataset}.py", *sorted(folder.glob(f"{dataset}_*.csv"))]
    return [str(path.relative_to(ROOT)) for path in files]


@cache
def sources(*paths: str) -> list[str]:
    """Return the given files and everything that they import of this repository, or beside them.

    Parameters
    ----------
    paths : names of files; what one that is `outside` of this repository imports is looked for in
        its own folder first

    Returns
    -------
    list of str
        Names, sorted.

    Raises
    ------
    FileNotFoundError
        When one of the paths is not a file.
    """
    elsewhere = [path for path in paths if is_outside(path)]
    found = _closure([path for path in paths if not is_outside(path)], "")
    for path in elsewhere:
        found |= _closure([path], os.path.dirname(path))
    return sorted(found)


def _closure(paths: list[str], beside: str) -> set[str]:
    found: set[str] = set()
    pending = list(paths)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(_imported(name, beside))
    return found
