"""A method of a user's own, and a study's overlay for it, from templates that run."""

import sys
from collections.abc import Iterator, Sequence
from keyword import iskeyword
from pathlib import Path

from unlearning.study.config_methods import BASELINES
from unlearning.study.config_words import modules
from unlearning.study.design import Config

#: Stands in the templates for the method's name, for a line of the stacked form alone, and for the
#: methods of the study that it is put beside.
NAME, BATCH_NORM, OTHERS = "METHOD", "BATCH_NORM\n", "OTHERS"
FROZEN = "      batch_norm: train # or frozen: BatchNorm keeps its pretrained statistics\n"


def new_files(name: str) -> tuple[Path, Path]:
    """Return the two files that a new method is, in the folder that Snakemake runs in."""
    return Path(f"{name}.py"), Path(f"{name}.yaml")


def name_complaints(config: Config) -> Iterator[str]:
    """Yield why no method of the name that was given can be written here."""
    name = config["name"]
    if name is None:
        return
    if name in config["methods"] or name in modules("methods"):
        yield f"name: {name} is a method already; choose another name"
    if name in BASELINES or iskeyword(name):
        yield f"name: {name} has a meaning already; choose another name"
    for file in new_files(name):
        if file.exists():
            yield f"name: {file} is there already, and is not overwritten; choose another name"
    if name in sys.stdlib_module_names or any(_is_in(folder, name) for folder in sys.path):
        yield f"name: import {name} gives something else in Python; choose another name"


def _is_in(folder: str, name: str) -> bool:
    return bool(folder) and (Path(folder, name).is_dir() or Path(folder, f"{name}.py").is_file())


def required_name(config: Config) -> str:
    """Return the name of the method that is to be written.

    Raises
    ------
    ValueError
        When none was given.
    """
    name: str | None = config["name"]
    if name is None:
        raise ValueError("new_method: give it a name: --config name=mine style=plain (or stacked)")
    return name


def write(name: str, style: str, templates: Path, others: Sequence[str]) -> tuple[Path, Path]:
    """Write the files of a new method, and return them.

    Parameters
    ----------
    name : of the method
    style : ``"plain"`` or ``"stacked"``
    templates : folder with a template of each, and one of a study
    others : methods that the study runs beside it

    Raises
    ------
    FileExistsError
        When one of the files is there.
    """
    code, study = new_files(name)
    overlay = (templates / "study.yaml").read_text()
    overlay = overlay.replace(BATCH_NORM, FROZEN if style == "stacked" else "")
    overlay = overlay.replace(OTHERS, ", ".join(others))
    for file, text in ((code, (templates / f"{style}.py").read_text()), (study, overlay)):
        with file.open("x") as new:
            new.write(text.replace(NAME, name))
    return code, study
