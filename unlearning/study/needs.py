"""What a method asks for beside the pretrained members, and which files its jobs then read.

A stanza says ``needs: [early_weights]``, and the method's ``unlearn`` takes a keyword-only argument
of that name, to which no hyperparameter is given. Pure Python, because the Snakefile imports it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from unlearning.study import design
from unlearning.study.design import Config

#: All that can be asked for, files of a user's own aside (``needs.files`` of the study).
NEEDS = ("early_weights", "oracle_outputs", "datamodels")

#: What tells a method the answer.
TELLING = "oracle_outputs"

#: The hyperparameter that is an epoch of the original training, whose weights a method takes.
REWIND_TO = "rewind_to"


def of_method(config: Config, method: str) -> list[str]:
    """Return what a method asks for, in the order of `NEEDS`, files by name behind these."""
    asked = config["methods"][method].get("needs") or []
    return [need for need in (*NEEDS, *own_files(config)) if need in asked]


def own_files(config: Config) -> dict[str, str]:
    """Return the files of a user's own that methods can ask for: name -> path."""
    files: dict[str, str] = config.get("needs", {}).get("files", {})  # none in older records
    return dict(sorted(files.items()))


def input_name(need: str) -> str:
    """Return what the input of a job is called that has what its method asks for.

    A file of a user's own may have the name of another input, or of what lists of inputs can do.
    """
    return need if need in NEEDS else f"file_{need}"


def told(config: Config, methods: Iterable[str]) -> list[str]:
    """Return those of some methods that are told the answer: they are given outputs of oracles."""
    return [method for method in methods if TELLING in of_method(config, method)]


def early_epochs(config: Config) -> list[int]:
    """Return the epochs at which pretrained members keep their weights on the way.

    They are kept wherever a study names them, whether or not a method asks yet: the first one that
    does trains nothing again. The end of training is not among them: its weights are there in any
    case.
    """
    return sorted(config["needs"]["early_epochs"])


def early_files(config: Config, pattern: str) -> list[str]:
    """Return the further output of a job that trains pretrained members, if there is one."""
    return [pattern] if early_epochs(config) else []


def output_chunk(config: Config) -> str:
    """Return the name of the chunk of oracles whose outputs are kept.

    They are numbered after the oracles that anything is scored against and after those of the
    floor, so nothing is scored against them and no other member has another seed for them.
    """
    ensemble = config["ensemble"]
    first, count = ensemble["members"] + ensemble["floor_members"], config["needs"]["oracles"]
    return f"{first}-{first + count - 1}"


def datamodel_gradients(config: Config) -> int:
    """Return the sample gradients that training all models on random subsets took."""
    datamodels, train = config["datamodels"], config["dataset"]["train"]
    subset = round(datamodels["subset_fraction"] * train)
    gradients: int = datamodels["models"] * config["training"]["epochs"] * subset
    return gradients


def settings(config: Config, method: str) -> dict[str, Any]:
    """Return what a job is told of each thing that its method asks for; nothing where it does not.

    Returns
    -------
    dict
        ``needs``: of ``early_weights`` the ``epochs`` that are kept and the recipe of ``training``;
        of ``oracle_outputs`` the ``members``; of ``datamodels`` the ``sample_gradients`` of all
        models; of a file the ``input`` of the job that it is.
    """
    told: dict[str, Callable[[], dict[str, Any]]] = {
        "early_weights": lambda: {
            "epochs": early_epochs(config),
            "training": dict(config["training"]),
        },
        "oracle_outputs": lambda: {"members": design.chunk_members(output_chunk(config))},
        "datamodels": lambda: {"sample_gradients": datamodel_gradients(config)},
    }
    asked = of_method(config, method)
    said = {need: told[need]() if need in told else {"input": input_name(need)} for need in asked}
    return {"needs": said} if asked else {}


def files(config: Config, wildcards: Any, patterns: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the further inputs of a job that unlearns: only what its method asks for.

    Parameters
    ----------
    config : the study
    wildcards : of the job
    patterns : where the files of each of `NEEDS` are
    """
    names = {**dict(wildcards.items()), "oracles": output_chunk(config)}
    paths = own_files(config)
    return {
        input_name(need): [paths[need]]
        if need in paths
        else [pattern.format(**names) for pattern in patterns[need]]
        for need in of_method(config, wildcards.method)
    }
