"""Methods that a run leaves out: told at the end, which is no success where nobody chose it."""

import json
import os
from collections.abc import Mapping
from functools import wraps
from typing import Any

from snakemake.logging import logger
from snakemake.settings.enums import Quietness

from unlearning.study.design import Config
from unlearning.study.left_out import broken, chosen, leave_out
from unlearning.study.places import placed
from workflow.telling.sentences import Refused

#: Where a run says to its jobs what it leaves out: a file that is edited meanwhile changes no plan.
VARIABLE = "UNLEARNING_LEFT_OUT"


def take_out(workflow: Any, config: Config) -> dict[str, str]:
    """Take methods that cannot be run, or are not to be, out of a study, in place, and tell it.

    Parameters
    ----------
    workflow : of Snakemake; where a method was asked for that cannot be run, it ends with exit
        code 1
    config : the study; its ``leave_out`` is a list from here on

    Returns
    -------
    dict
        Name of each method that is left out -> one sentence, empty where the config says so.

    Raises
    ------
    ValueError
        Where nothing is left to be done.
    """
    names = config["leave_out"] = chosen(config)
    told = dict.fromkeys(names, "")
    if not workflow.is_main_process:
        said = os.environ.get(VARIABLE)  # a cluster may hand on no variables
        sentences: dict[str, str] = json.loads(said) if said else broken(config)
        leave_out(config, sentences, names)
        return sentences | told
    found = {name: text for name, text in broken(config).items() if name not in told}
    sentences = {name: at_line(workflow, text) for name, text in found.items()}
    asked = leave_out(config, sentences, names)
    os.environ[VARIABLE] = json.dumps(sentences)
    for name, sentence in sentences.items():
        logger.warning(f"{name} is left out, and other methods go on: {sentence}")
    if names:
        say_at_the_end(workflow, f"Left out, as leave_out says: {', '.join(names)}")
    if asked:
        end_with(workflow, {name: sentences[name] for name in asked})
    return sentences | told


def at_line(workflow: Any, complaint: str) -> str:
    """Return a complaint about a config with the file and line of its key, where one is known."""
    settings = workflow.config_settings
    files = [f"{workflow.basedir}/config.yaml", *settings.configfiles]
    short = [min(str(path), os.path.relpath(path), key=len) for path in files]
    return placed(complaint, short, settings.config)


def say_at_the_end(workflow: Any, said: str) -> None:
    """Let a run of Snakemake say something at its end, whatever it has done."""
    execute = workflow.execute

    @wraps(execute)
    def executed(*arguments: Any, **keywords: Any) -> Any:
        try:
            return execute(*arguments, **keywords)
        finally:
            logger.info(said, extra={"quietness": Quietness.PROGRESS})

    workflow.execute = executed


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
        raise Refused(said)

    workflow.execute = executed
