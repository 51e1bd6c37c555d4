"""Methods that a run leaves out: told before any job and at the end, which is no success."""

import json
import os
from collections.abc import Mapping
from functools import wraps
from typing import Any

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from unlearning.study.design import Config
from unlearning.study.left_out import broken, leave_out
from unlearning.study.places import placed

#: Where a run says to its jobs what it leaves out: a file that is edited meanwhile changes no plan.
VARIABLE = "UNLEARNING_LEFT_OUT"


def take_out(workflow: Any, config: Config) -> dict[str, str]:
    """Take methods that cannot be run out of a study, in place, and tell it.

    Parameters
    ----------
    workflow : of Snakemake; where a method was asked for, it ends with exit code 1
    config : the study

    Returns
    -------
    dict
        Name of each method that is left out -> one sentence.

    Raises
    ------
    ValueError
        Where nothing is left to be done.
    """
    if not workflow.is_main_process:
        said = os.environ.get(VARIABLE)  # a cluster may hand on no variables
        sentences: dict[str, str] = json.loads(said) if said else broken(config)
        leave_out(config, sentences)
        return sentences
    sentences = {name: at_line(workflow, text) for name, text in broken(config).items()}
    asked = leave_out(config, sentences)
    os.environ[VARIABLE] = json.dumps(sentences)
    for name, sentence in sentences.items():
        logger.warning(f"{name} is left out, and other methods go on: {sentence}")
    if asked:
        end_with(workflow, {name: sentences[name] for name in asked})
    return sentences


def at_line(workflow: Any, complaint: str) -> str:
    """Return a complaint about a config with the file and line of its key, where one is known."""
    settings = workflow.config_settings
    files = [f"{workflow.basedir}/config.yaml", *settings.configfiles]
    short = [min(str(path), os.path.relpath(path), key=len) for path in files]
    return placed(complaint, short, settings.config)


def end_with(workflow: Any, sentences: Mapping[str, str]) -> None:
    """Let a run of Snakemake end with exit code 1 and what it has left out, whatever it has done.

    Its handlers of success and failure are not called where there is nothing to be done.
    """
    execute = workflow.execute
    said = "\n".join(f"{name} was left out: {text}" for name, text in sentences.items())

    @wraps(execute)
    def executed(*arguments: Any, **keywords: Any) -> Any:
        try:
            execute(*arguments, **keywords)
        except Exception:
            logger.error(said)
            raise
        raise WorkflowError(said)

    workflow.execute = executed
