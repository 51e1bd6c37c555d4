"""Why a study is refused, as Snakemake prints it: the sentence, without lines of the Snakefile."""

import logging
import re

from snakemake.exceptions import WorkflowError


class Refused(WorkflowError):
    """Why a study cannot be run as it is, in one sentence."""


PRINTED = re.compile(
    rf"{Refused.__name__}(?: in file [^\n]*)?:\n(?P<sentence>.*?)(?:\n  File [^\n]*)*", re.DOTALL
)


def refusals_alone(record: logging.LogRecord) -> bool:
    """Take away where in the Snakefile `Refused` was raised: a filter of Snakemake's logger.

    What a person can mend is in the sentence, and never there.
    """
    if isinstance(record.msg, str) and (found := PRINTED.fullmatch(record.msg)):
        record.msg = f"Error: {found['sentence']}"
    return True
