"""What the file of a method says about its ``unlearn``, read without running it.

A method has one of two forms, told apart by what stands before the ``*``: ``unlearn(learner, *,
...)`` moves all members of a stack as one, ``unlearn(model, forget_loader, retain_loader, *, ...)``
one ordinary network, called once a member.
"""

import ast
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from unlearning.study.config_words import allowed, modules
from unlearning.study.sources import ROOT, followed, outside, parsed, sources

#: What the plain form calls its network, and what it may ask for beside it.
MODELS = ("model", "net")
LOADERS = ("forget_loader", "retain_loader", "val_loader")

#: What is inside of these is not yielded by the function around them.
OF_THEIR_OWN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Hyperparameter(NamedTuple):
    """A keyword-only argument of a method's ``unlearn``."""

    annotation: str | None
    optional: bool  # has a default


#: What is done for a method of the plain form, which need not take it itself: the sizes of its
#: loaders' batches (that of the forget set is the other's where it is left out), and BatchNorm's
#: mode.
FOR_PLAIN = {
    "batch_size": Hyperparameter("int", False),
    "forget_batch_size": Hyperparameter("int", True),
    "batch_norm": Hyperparameter("str", True),
}


class Signature(NamedTuple):
    """What a method's ``unlearn`` takes.

    Attributes
    ----------
    hyperparameters : what a stanza gives it, or the machinery around it
    plain : whether it takes one ordinary network and loaders, not a `Learner`
    yields : whether it is a generator
    own : names of the keyword-only arguments that stand in the file
    at : the file and the line of ``def unlearn``
    """

    hyperparameters: dict[str, Hyperparameter]
    plain: bool
    yields: bool
    own: frozenset[str]
    at: str


def method_source(name: str, method: dict[str, Any]) -> str:
    """Return the name, as `unlearning.study.sources` has it, of the file of a method.

    Parameters
    ----------
    name : of the method
    method : its stanza, whose ``file`` is a path from the folder that Snakemake runs in
    """
    file = method.get("file")
    return outside(file) if file else f"unlearning/methods/{name}.py"


def method_file(name: str, file: str | None = None) -> Path:
    """Return where a method is to be: its stanza's file, or the one of its name here."""
    return Path(file) if file else ROOT / "unlearning" / "methods" / f"{name}.py"


def method_signature(name: str, file: str | None = None) -> Signature:
    """Return what the ``unlearn`` of a method takes.

    Parameters
    ----------
    name : of the method
    file : of its stanza, None for a method of this repository

    Raises
    ------
    ValueError
        When the method has no file, or the file not exactly one function ``unlearn`` of one of the
        two forms; names the file and the line.
    """
    path = method_file(name, file)
    if not path.is_file():
        raise ValueError(f"config: methods.{name}{_missing(name, file)}")
    try:
        if file:
            sources(outside(file))  # what it imports beside itself is Python, too
            _refuse_relative(parsed(path), file)
        return _signature(parsed(path), file or path.name, os.path.dirname(followed(str(path))))
    except ValueError as error:
        raise ValueError(f"config: methods.{name}: {error}") from error


def _refuse_relative(code: ast.Module, file: str) -> None:
    """Refuse a relative import: the file of a method is no part of a package."""
    for node in ast.walk(code):
        if isinstance(node, ast.ImportFrom) and node.level:
            module = node.module or node.names[0].name
            raise ValueError(
                f"{file}, line {node.lineno}: {'.' * node.level}{node.module or ''} is relative, "
                f"and the file of a method is no part of a package; import {module} without the dot"
            )


def _missing(name: str, file: str | None) -> str:
    if file:
        return f".file: {file} is not a file; it is looked for in {os.getcwd()}"
    known = allowed(modules("methods"))
    return f": there is no file unlearning/methods/{name}.py; {known}; or name its file"


def _signature(
    code: ast.Module,
    file: str,
    folder: str,
    wanted: str = "unlearn",
    passed: tuple[tuple[str, str], ...] = (),
) -> Signature:
    functions = [node for node in code.body if isinstance(node, ast.FunctionDef)]
    found = [node for node in functions if node.name == wanted]
    if not found:
        taken = _taken_from(code, folder, wanted)
        if taken and taken not in passed:
            other, name = taken
            return _signature(parsed(Path(other)), other, folder, name, (*passed, taken))
        others = ", ".join(f"{node.name} in line {node.lineno}" for node in functions)
        has = f"; it has {others}" if others else ""
        if line := _set(code):
            has = f"; define it there, after def, in place of line {line}"
        raise ValueError(f"{file} defines no function {wanted}{has}")
    if len(found) > 1:
        lines = " and ".join(str(node.lineno) for node in found)
        raise ValueError(f"{file} defines {wanted} in lines {lines}; keep the one that is meant")
    arguments, place = found[0].args, f"{file}, line {found[0].lineno}"
    if alone := arguments.posonlyargs:
        raise ValueError(
            f"{place}: unlearn takes {alone[-1].arg} before a /, and a study names what it gives; "
            "take out the /"
        )
    plain = _is_plain(arguments.args, place)
    if several := arguments.vararg or arguments.kwarg:
        raise ValueError(
            f"{place}: unlearn takes any number of {several.arg}, and a study finds "
            "hyperparameters by their names; name each of them after a *"
        )
    own = {
        argument.arg: Hyperparameter(
            ast.unparse(argument.annotation) if argument.annotation else None, default is not None
        )
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    }
    hyperparameters = dict(own)
    if plain:
        # A function that is no generator takes one epoch at a time, the stanza a list of them.
        hyperparameters = {**FOR_PLAIN, **own, "epochs": Hyperparameter("Collection[int]", False)}
    return Signature(hyperparameters, plain, any(_yields(found[0])), frozenset(own), place)


def _taken_from(code: ast.Module, folder: str, wanted: str) -> tuple[str, str] | None:
    """Return the file beside a method that its ``unlearn`` is imported from, and its name there."""
    for node in code.body:
        if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
            continue
        stem = os.path.join(folder, *node.module.split("."))
        for alias in node.names:
            for file in (f"{stem}.py", os.path.join(stem, "__init__.py")):
                if (alias.asname or alias.name) == wanted and os.path.isfile(file):
                    return file, alias.name
    return None


def _set(code: ast.Module) -> int:
    """Return the line that makes ``unlearn`` in another way than by a function; 0 for none."""
    for node in code.body:
        names = [alias.asname or alias.name for alias in getattr(node, "names", [])]
        names += [getattr(target, "id", "") for target in getattr(node, "targets", [])]
        names += [node.name] if isinstance(node, ast.AsyncFunctionDef | ast.ClassDef) else []
        if "unlearn" in names:
            return node.lineno
    return 0


def _is_plain(arguments: list[ast.arg], place: str) -> bool:
    """Return whether what stands before the ``*`` is of the plain form."""
    before = [argument.arg for argument in arguments]
    networks = [name for name in before if name in MODELS]
    loaders = [name for name in before if name in LOADERS]
    forms = (
        "a method takes learner, or model (or net) and some of forget_loader, retain_loader, "
        "val_loader, and its hyperparameters after a *"
    )
    if "learner" in before and (networks or loaders):
        both = ", ".join(["learner", *networks, *loaders])
        raise ValueError(f"{place}: unlearn takes {both}, which are two forms in one; {forms}")
    if len(arguments) == 1 and _is_learner(arguments[0]):
        return False
    strange = [name for name in before if name not in (*MODELS, *LOADERS)]
    if strange or len(networks) != 1 or not loaders:
        taken = ", ".join(before) or "nothing"
        raise ValueError(f"{place}: unlearn takes {taken} before its hyperparameters; {forms}")
    return True


def _is_learner(argument: ast.arg) -> bool:
    said = ast.unparse(argument.annotation).strip("'\"") if argument.annotation else ""
    return argument.arg == "learner" or said.rpartition(".")[2] == "Learner"


def return_lines(code: ast.AST) -> Iterator[int]:
    """Yield the lines at which a function gives something back, not one inside of it."""
    for child in ast.iter_child_nodes(code):
        if isinstance(child, ast.Return) and child.value is not None:
            yield child.lineno
        if not isinstance(child, OF_THEIR_OWN):
            yield from return_lines(child)


def _yields(node: ast.AST) -> Iterator[bool]:
    """Yield True for each ``yield`` of a function that is not one of a function inside of it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Yield | ast.YieldFrom):
            yield True
        if not isinstance(child, OF_THEIR_OWN):
            yield from _yields(child)
