"""Hold the package against its plan, `docs/architecture.md`.

The plan is the table of rooms in that page: a floor, a name and a sentence each. A room is a folder
of the package, or a module that stands alone. Arrows are the imports between rooms.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeVar

ROOT = Path(__file__).resolve().parent.parent
PLAN = ROOT / "docs" / "architecture.md"

#: A row of the plan: floor, room, sentence.
ROW = re.compile(r"^\| (\d+) \| `([\w.]+)/?` \| (.+?) \|$", re.MULTILINE)
#: Where results are, which the package must not know.
RESULTS = re.compile(r"(^|[^\w{}])results($|[/\\])")
#: Rooms whose __init__ gives names to people, looked up when they are asked for.
GIVES_NAMES = ("theory",)

T = TypeVar("T")
Arrows = dict[tuple[str, str], set[str]]


class Room(NamedTuple):
    """A row of the plan."""

    floor: int
    sentence: str


def read_plan(text: str) -> dict[str, Room]:
    """Return the rooms of a plan by their names, highest floor first.

    Raises
    ------
    ValueError
        When a room stands in it twice.
    """
    rooms: dict[str, Room] = {}
    for floor, name, sentence in ROW.findall(text):
        if name in rooms:
            raise ValueError(f"the plan names the room {name} twice")
        rooms[name] = Room(int(floor), sentence)
    return rooms


class Package:
    """A package's files, and what they import of it.

    Parameters
    ----------
    folder : of the package
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = sorted(folder.rglob("*.py"))
        self.trees = {file: ast.parse(file.read_text(), str(file)) for file in self.files}

    def name(self, file: Path) -> str:
        """Return a file's place in the package, such as ``scoring/klom.py``."""
        return file.relative_to(self.folder).as_posix()

    def room(self, file: Path) -> str:
        """Return the room of a file: its first folder, or the module itself."""
        return self.name(file).split("/")[0]

    def imported(self, file: Path) -> Iterator[Path]:
        """Yield the files of the package that a file imports; a room stands for its __init__."""
        for node in ast.walk(self.trees[file]):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(file, node)
                modules = [f"{base}.{alias.name}" for alias in node.names]
            for module in modules:
                parts = module.split(".")
                if parts[0] == self.folder.name and (found := self._file(parts[1:])):
                    yield found

    def _absolute(self, file: Path, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = [self.folder.name, *file.relative_to(self.folder).parts[: -node.level]]
        return ".".join([*package, *([node.module] if node.module else [])])

    def _file(self, parts: list[str]) -> Path | None:
        """Return the file of the longest beginning of a dotted name: the rest are names in it."""
        for length in range(len(parts), 0, -1):
            module = self.folder.joinpath(*parts[:length])
            for file in (module.with_suffix(".py"), module / "__init__.py"):
                if file in self.trees:
                    return file
        return None

    def arrows(self) -> Arrows:
        """Return (room, imported room) -> the imports between them, ``file -> file``."""
        found: Arrows = {}
        for file in self.files:
            for other in self.imported(file):
                pair = (self.room(file), self.room(other))
                if pair[0] != pair[1] and "__init__.py" not in pair:
                    imports = f"{self.name(file)} -> {self.name(other)}"
                    found.setdefault(pair, set()).add(imports)
        return found


def complaints(package: Package, plan: Mapping[str, Room]) -> list[str]:
    """Return what of a package is not as planned, a line each; files are named in all of them."""
    return [
        *_places(package, plan),
        *_inits(package, plan),
        *_upward(package, plan),
        *_circles(package),
        *_twins(package),
        *_outside(package),
    ]


def _places(package: Package, plan: Mapping[str, Room]) -> Iterator[str]:
    rooms = {package.room(file) for file in package.files} - {"__init__.py"}
    for room in sorted(rooms - plan.keys()):
        files = [package.name(file) for file in package.files if package.room(file) == room]
        yield f"{', '.join(files)}: in no room of the plan, which has {', '.join(sorted(plan))}"
    for room in sorted(plan.keys() - rooms):
        yield f"{room}: the plan has it and the package does not"
    for name, (_, sentence) in plan.items():
        if re.search(r"\band\b", sentence):
            yield f"{name}: its sentence needs an 'and': {sentence}"


def _inits(package: Package, plan: Mapping[str, Room]) -> Iterator[str]:
    for folder in sorted({package.folder, *(file.parent for file in package.files)}):
        init, name = folder / "__init__.py", package.name(folder)
        if init not in package.trees:
            yield f"{name}/__init__.py: is missing"
            continue
        text = ast.get_docstring(package.trees[init]) or ""
        sentence = " ".join(text.split("\n\n")[0].split())
        if name in plan and sentence != plan[name].sentence:
            yield f"{package.name(init)}: says {sentence!r}, and the plan {plan[name].sentence!r}"
        for file in package.imported(init):
            yield f"{package.name(init)}: imports {package.name(file)}, and so does every job then"
        for node in package.trees[init].body[1 if text else 0 :]:
            if name not in GIVES_NAMES:
                yield f"{package.name(init)}, line {node.lineno}: is more than a sentence"


def _upward(package: Package, plan: Mapping[str, Room]) -> Iterator[str]:
    for (room, other), imports in sorted(package.arrows().items()):
        if room in plan and other in plan and plan[room].floor <= plan[other].floor:
            floors = f"floor {plan[room].floor} to {plan[other].floor}"
            yield f"{', '.join(sorted(imports))}: upwards, from {floors}"


def _circles(package: Package) -> Iterator[str]:
    graph = {file: {o for o in package.imported(file) if o != file} for file in package.files}
    for circle in _cycles(graph):
        yield f"a circle of imports: {' -> '.join(package.name(file) for file in circle)}"
    arrows = package.arrows()
    rooms: dict[str, set[str]] = {}
    for room, other in arrows:
        rooms.setdefault(room, set()).add(other)
    for circle in _cycles(rooms):
        steps = pairwise(circle)
        files = "; ".join(min(arrows[step]) for step in steps)
        yield f"a circle of rooms: {' -> '.join(circle)} ({files})"


def _cycles(graph: Mapping[T, set[T]]) -> Iterator[list[T]]:
    """Yield a circle through each group of nodes that reach each other, its first node last too."""
    done: set[T] = set()
    for start in sorted(graph, key=str):
        if start in done:
            continue
        ways, pending = {start: [start]}, [start]
        while pending:
            node = pending.pop(0)
            for other in sorted(graph.get(node, ()), key=str):
                if other == start:
                    yield [*ways[node], start]
                    done |= set(ways[node])
                    pending = []
                    break
                if other not in ways and other not in done:
                    ways[other] = [*ways[node], other]
                    pending.append(other)


def _twins(package: Package) -> Iterator[str]:
    """Yield modules of one name in two rooms that define the same: moved, and left behind."""
    for number, one in enumerate(package.files):
        for other in package.files[number + 1 :]:
            if one.name == other.name != "__init__.py" and package.room(one) != package.room(other):
                names = [_defined(package.trees[file]) for file in (one, other)]
                if shared := sorted(names[0] & names[1]):
                    places = f"{package.name(one)}, {package.name(other)}"
                    yield f"{places}: a module in two rooms, both define {', '.join(shared)}"


def _defined(tree: ast.Module) -> set[str]:
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {
        node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")
    }


def _outside(package: Package) -> Iterator[str]:
    """Yield what ties the package to the workflow around it, or hides what it imports."""
    inits = {package.folder / room / "__init__.py" for room in GIVES_NAMES}
    for file, tree in package.trees.items():
        for node in ast.walk(tree):
            for module in _modules(node):
                top, place = module.split(".")[0], f"{package.name(file)}, line {_line(node)}"
                if top.startswith("snakemake") or top in ("workflow", "bench", "tests", "docs"):
                    yield f"{place}: imports {module}"
                if top == "importlib" and file not in inits:
                    yield f"{place}: imports what no reader can see"
                if module in {f"{package.folder.name}.{room}" for room in GIVES_NAMES}:
                    yield f"{place}: takes names from a room, not from their module"
            if isinstance(node, ast.Name) and node.id in ("snakemake", "__import__"):
                yield f"{package.name(file)}, line {node.lineno}: uses {node.id}"
        for text in _texts(tree):
            if RESULTS.search(_read(text)):
                yield f"{package.name(file)}, line {text.lineno}: knows a path of results"


def _read(text: ast.Constant) -> str:
    return text.value.decode(errors="replace") if isinstance(text.value, bytes) else text.value


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))


def _modules(node: ast.AST) -> list[str]:
    """Return the modules that a statement imports, with and without the names after ``import``."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        rooms = [f"{node.module}.{alias.name}" for alias in node.names if "." not in node.module]
        return [node.module, *rooms]
    return []


def names_from_rooms(folder: Path, package: str) -> Iterator[str]:
    """Yield where files beside a package take names from a room that gives them to people."""
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(), str(file))):
            if set(_modules(node)) & {f"{package}.{room}" for room in GIVES_NAMES}:
                yield f"{file.name}, line {_line(node)}"


def _texts(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield the texts of a file that are no docstrings."""
    plain = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        text = isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
        if text and id(node) not in plain:
            yield node
