"""Why a study is refused is said in its sentence alone; an error of the workflow stays whole."""

import logging

import pytest

from workflow.telling.sentences import refusals_alone

IN_A_RULE = """InputFunctionException in rule draw_it in file "/a/b.smk", line 3:
Error:
  {kind}: {sentence}
Wildcards:
  study=digits
Traceback:
  File "/a/b.smk", line 4, in <lambda>
  File "/a/c.py", line 5, in wanted (rule draw_it, line 6, /a/b.smk)"""


def said(message):
    record = logging.LogRecord("snakemake", logging.ERROR, "", 0, message, None, None)
    assert refusals_alone(record)
    return record.msg


@pytest.mark.parametrize(
    "message",
    [
        "Refused in file /a/Snakefile, line 7:\nit is so\n  File /a/Snakefile, line 7, in <module>",
        IN_A_RULE.format(kind="ValueError", sentence="it is so"),
    ],
)
def test_a_refusal_is_its_sentence(message):
    assert said(message) == "Error: it is so"


@pytest.mark.parametrize(
    "message", [IN_A_RULE.format(kind="KeyError", sentence="'x'"), "it is so", {"event": 1}]
)
def test_what_is_no_refusal_stays_as_it_is(message):
    assert said(message) == message
