"""A method from a file outside of this repository: loaded, called, named where it goes wrong."""

import ast
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import CodeType, GeneratorType, ModuleType
from typing import Any

from unlearning.study.method_files import return_lines
from unlearning.study.sources import ROOT, followed, located, outside, sources

#: What the plain form calls its network; as `unlearning.study.method_files.MODELS` has it.
MODELS = ("model", "net")

#: Code that a user did not write, though it may lie in a folder of theirs.
PACKAGE = Path(__file__).resolve().parents[1]
INSTALLED = {"site-packages", "dist-packages"}


class MethodError(RuntimeError):
    """What a method of a user's did and must not, in one sentence with file and line."""


class Outside:
    """A method from a user's file.

    Parameters
    ----------
    function : its ``unlearn``
    file : the file, as the study names it
    before, path : names of the modules that were there before the file was run, and where Python
        looked for them: what is found there is installed

    Attributes
    ----------
    at : file and line where it begins, or waits at a ``yield``
    returns : file and line of its ``return``, where it has one that gives something back; else `at`
    network : what it calls the one network that it takes, empty where it takes a `Learner`
    takes : the names of all its arguments
    yields : whether it is a generator, whatever is wrapped around it
    """

    def __init__(
        self,
        function: Callable[..., Any],
        file: str,
        before: frozenset[str] = frozenset(),
        path: Sequence[str] = (),
    ) -> None:
        self.function, self.file, self.before, self.path = function, file, before, path
        written = _written(function)
        code = written.__code__
        self.yields = inspect.isgeneratorfunction(written)
        self.at = place(file, code.co_filename, code.co_firstlineno)
        self.returns = self._returns(code)
        parameters = inspect.signature(function).parameters
        if any(
            each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD) for each in parameters.values()
        ):
            raise MethodError(
                f"{self.at}: what is wrapped around unlearn hides its arguments; write "
                "@functools.wraps(function) above it"
            )
        self.takes = frozenset(parameters)
        self.network = next((name for name in MODELS if name in self.takes), "")

    def _returns(self, code: CodeType) -> str:
        """Return the file and the line of its one ``return``; of several, or none, `at`."""
        try:
            written = ast.parse(Path(code.co_filename).read_text("utf-8"))
        except (OSError, ValueError, SyntaxError):  # of a function that is in no file
            return self.at
        lines = [
            line
            for node in written.body
            if isinstance(node, ast.FunctionDef) and node.name == code.co_name
            for line in return_lines(node)
        ]
        return place(self.file, code.co_filename, lines[0]) if len(lines) == 1 else self.at

    def call(self, whom: str, *arguments: Any, **keywords: Any) -> Any:
        """Return what the function returns.

        Parameters
        ----------
        whom : the members that it works on, in words
        arguments, keywords : its own

        Raises
        ------
        MethodError
            When it raises anything.
        """
        return self._taken(whom, lambda: self.function(*arguments, **keywords))

    def drive(self, whom: str, steps: "GeneratorType[Any, Any, Any]") -> Iterator[Any]:
        """Yield what the function's generator yields, while `at` is the line; else as `call`."""
        end = object()
        while (value := self._taken(whom, lambda: next(steps, end))) is not end:
            frame = getattr(steps, "gi_frame", None)
            if frame and is_own(Path(frame.f_code.co_filename), Path(self.file).resolve().parent):
                self.at = place(self.file, frame.f_code.co_filename, frame.f_lineno)
            yield value

    def _taken(self, whom: str, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except (Exception, SystemExit) as error:
            raise MethodError(f"{blamed(error, self.file, self.at)} ({whom})") from error


def _written(function: Any) -> Any:
    """Return the function that a user wrote, without decorators and what is given beforehand."""
    while True:
        found = inspect.unwrap(function.func if isinstance(function, partial) else function)
        if found is function:
            return found
        function = found


def place(file: str, found: str, line: int) -> str:
    """Return a file and a line as a user knows them.

    Parameters
    ----------
    file : of the method, as the study names it
    found : the file, perhaps another one beside it, as Python names it
    line : in that
    """
    real = Path(file).resolve()
    beside = os.path.relpath(found, real.parent)
    name = os.path.join(os.path.dirname(followed(file)), beside)
    return f"{file if Path(found) == real else name}, line {line}"


def blamed(error: BaseException, file: str, at: str) -> str:
    """Return the last line of a user's own that led to an error, and the error.

    Parameters
    ----------
    error : with its traceback
    file : of the method
    at : what to name where no line of the user's led to it
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{place(file, error.filename, error.lineno or 1)}: {error.msg}: not Python"
    folder = Path(file).resolve().parent
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if is_own(Path(frame.filename), folder):
            at = place(file, frame.filename, frame.lineno or 1)
            break
    told = traceback.TracebackException(type(error), error, None)
    told.__notes__, notes = None, getattr(error, "__notes__", [])
    said = "; ".join([list(told.format_exception_only())[-1], *map(str, notes)])
    return f"{at}: {' '.join(said.split()).replace(' ;', ';')}"


def load(file: str) -> Outside:
    """Run a user's file as Python runs a script, what is beside it in reach, and take ``unlearn``.

    Its imports from beside itself are known to the plan, though no statement of this package names
    them: `unlearning.study.sources` lists them with the code of the job.

    Parameters
    ----------
    file : its path; `unlearning.study.method_files` has read its signature before any job

    Raises
    ------
    MethodError
        When it cannot be run; names the line.
    """
    path = Path(file).resolve()
    _forget_others(path.parent)
    before, looked = frozenset(sys.modules), list(sys.path)
    sys.path.insert(0, str(path.parent))
    sys.dont_write_bytecode = True  # nothing is left in a user's folder
    module = ModuleType(f"{path.stem}_outside")  # a name that no import asks for
    module.__file__, module.__package__ = str(path), ""
    sys.modules[module.__name__] = module  # where dataclasses look for theirs
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), vars(module))
    except (Exception, SystemExit) as error:
        raise MethodError(blamed(error, file, f"{file}, line 1")) from error
    function: Any = vars(module).get("unlearn")
    if not hasattr(_written(function), "__code__"):
        raise MethodError(
            f"{file}: unlearn is {'nothing' if function is None else repr(function)} once the file "
            "has been run, and must be a function"
        )
    method = Outside(function, file, before, looked)
    check_imports(method)
    return method


def check_imports(method: Outside) -> None:
    """Refuse what a method has imported beside itself and no plan knows of.

    Parameters
    ----------
    method : of which all has been run, or as much as loading it runs

    Raises
    ------
    MethodError
        Names the first such file: an edit of it would run nothing again.
    """
    folder = Path(method.file).resolve().parent
    installed = {*method.path} - {str(folder)}
    listed = {located(name).resolve() for name in sources(outside(method.file))}
    for name in sorted(sys.modules.keys() - method.before):
        path = Path(getattr(sys.modules[name], "__file__", None) or "").resolve()
        seen = path in listed or path.suffix != ".py" or not path.is_file()
        if seen or not is_own(path, folder) or _found_in(path, name) in installed:
            continue
        raise MethodError(
            f"{place(method.file, str(path), 1).removesuffix(', line 1')}: {method.file} imports "
            "it in a way that is not seen before a job, so that an edit of it would run nothing "
            "again; import it by a statement, from the folder of the method or a package in it"
        )


def _found_in(path: Path, name: str) -> str:
    """Return the folder in which Python has found the package, or module, of a dotted name."""
    depth = name.count(".") + (path.name == "__init__.py")
    return str(path.parents[depth])


def is_own(path: Path, folder: Path) -> bool:
    """Return whether a file is a user's own code, in a folder of theirs."""
    apart = (PACKAGE, ROOT / "workflow", Path(sys.prefix), Path(sys.base_prefix))
    return (
        path.is_relative_to(folder)
        and not INSTALLED.intersection(path.parts)
        and not any(path.is_relative_to(other.resolve()) for other in apart)
    )


def _forget_others(folder: Path) -> None:
    """Forget what methods of other folders have imported: names may be the same in this one."""
    for loaded in [one for name, one in sys.modules.items() if name.endswith("_outside")]:
        other = Path(getattr(loaded, "__file__", None) or "").parent
        for name, module in list(sys.modules.items()):
            path = Path(getattr(module, "__file__", None) or "")
            if other != folder and is_own(path, other):
                del sys.modules[name]
