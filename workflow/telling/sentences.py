"""Why a study is refused, as Snakemake prints it: the sentence, without lines of the Snakefile."""

import logging
import re

from snakemake.exceptions import WorkflowError


class Refused(WorkflowError):
    """Why a study cannot be run as it is, in one sentence."""


PRINTED = re.compile(
    rf"{Refused.__name__}(?: in file [^\n]*)?:\n(?P<sentence>.*?)(?:\n  File [^\n]*)*", re.DOTALL
)
#: Where a rule finds out that a study lacks what it needs, Snakemake prints the calls as well.
#: Errors of another kind are of the workflow itself, and stay whole.
IN_A_RULE = re.compile(
    r"InputFunctionException in rule [^\n]*:\nError:\n  ValueError: (?P<sentence>[^\n]*)\n"
    r"Wildcards:\n.*",
    re.DOTALL,
)


def refusals_alone(record: logging.LogRecord) -> bool:
    """Take away where in the workflow a study was refused: a filter of Snakemake's logger.

    What a person can mend is in the sentence, and never there.
    """
    if isinstance(record.msg, str):
        found = PRINTED.fullmatch(record.msg) or IN_A_RULE.fullmatch(record.msg)
        if found:
            record.msg = f"Error: {found['sentence']}"
    return True
