"""Each job is a line in words; --quiet, errors and what is no job are as Snakemake has them."""

import io
import logging
import re
from types import SimpleNamespace

import pytest
from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from unlearning.planning.audit import Clock
from unlearning.planning.remaining import Remaining
from workflow.telling.handler import (
    KEEP,
    TAKE_UP,
    WHOLE,
    InWords,
    Progress,
    ProgressHandler,
    quiet_about_progress,
)

RULES = ("prepare_data", "unlearn", "all")
ERROR = dict.fromkeys(["input", "output", "log", "conda_env", "shellcmd", "rule_msg"], "")
ERROR |= {"rule_name": "unlearn", "aux": {}}
UNLEARN = {"forget_set": "3", "method": "ga", "chunk": "0-99", "trajectory": "lr0.1" * 9}


class Terminal(io.StringIO):
    def isatty(self):
        return True


def job(rule):
    wildcards = UNLEARN if rule == "unlearn" else {}
    return SimpleNamespace(
        rule=SimpleNamespace(name=rule),
        wildcards=SimpleNamespace(**wildcards),
        wildcards_dict=wildcards,
        output=[] if rule == "all" else ["file"],
        log=[],
        is_local=True,
        is_norun=rule == "all",
    )


class Snakemake:
    """Logs what Snakemake logs of a run of three jobs, ten seconds each, to a handler."""

    def __init__(self, stream, quiet=(), live=False):
        self.now, jobs = 0.0, dict(enumerate(map(job, RULES)))
        needs = SimpleNamespace(device="cpu", job_seconds=lambda rule, wildcards, device: 10.0)
        works = {number: (each.rule.name, each.wildcards) for number, each in jobs.items()}
        remaining = Remaining(Clock(needs, []), works, 1, False, 0.0)
        self.progress = Progress(jobs, remaining, lambda: self.now)
        own = ColorizingTextHandler(True, stream, DefaultFormatter(set(quiet)))
        own.addFilter(DefaultFilter(set(quiet), False, False, False, True))
        self.handler = ProgressHandler(own, self.progress, live)
        self.done = 0

    def log(self, text, event=None, level=logging.INFO, **values):
        record = logging.LogRecord("snakemake", level, "", 0, text, None, None)
        vars(record).update(values, event=event)
        self.handler.handle(record)

    def run(self, number):
        self.log("Select jobs to execute...")
        self.log("Execute 1 jobs...", LogEvent.JOB_STARTED, jobs=[number])
        self.log("rule", LogEvent.JOB_INFO, jobid=number)
        self.now, self.done = self.now + 10, self.done + 1
        self.log("Finished jobid", LogEvent.JOB_FINISHED, job_id=number)
        self.log(None, LogEvent.PROGRESS, done=self.done, total=3)


def printed(stream, *numbers, **options):
    run = Snakemake(stream, **options)
    for number in numbers:
        run.run(number)
    return stream.getvalue()


def test_a_file_has_a_line_for_each_beginning_and_end_and_no_control_characters():
    lines = printed(io.StringIO(), 0, 1, 2).splitlines()
    long = f"unlearn set 3 by ga, {UNLEARN['trajectory']}, members 0-99"
    assert lines == [
        "0 of 3   0:00   0:30 left  begin  prepare the data set",
        "1 of 3   0:10   0:20 left  done   prepare the data set (0:10)",
        f"1 of 3   0:10   0:20 left  begin  {long}",
        f"2 of 3   0:20   0:10 left  done   {long} (0:10)",
        "3 of 3   0:30              done   target all",
    ]
    assert all(text.isprintable() for text in lines)


def test_a_terminal_scrolls_above_a_last_line_until_the_end():
    run = Snakemake(Terminal(), live=True)
    run.log("Execute", LogEvent.JOB_STARTED, jobs=[0])
    run.log("rule", LogEvent.JOB_INFO, jobid=0)
    run.log("Something else.")
    run.handler.end()
    run.log("The end.")
    now = f"{KEEP}\033[24;1H\033[2K0 of 3   0:00   0:30 left  now    prepare the data set{TAKE_UP}"
    above = f"\n{KEEP}\033[1;23r{TAKE_UP}\033[1A"
    after = f"{KEEP}{WHOLE}{TAKE_UP}{KEEP}\033[24;1H\033[2K{TAKE_UP}"
    assert run.handler.stream.getvalue() == f"{above}{now}Something else.\n{now}{after}The end.\n"


def test_a_line_of_a_terminal_is_no_wider_than_it():
    text = re.sub(r"\033\[[\d;]*[A-Za-z]|\033[78]", "\n", printed(Terminal(), 0, 1, 2, live=True))
    assert all(len(line) < 80 for line in text.splitlines())
    assert re.search(r"by ga, lr\S+\.\.\. \(0:10\)\n", text), "how long it took is not cut"


@pytest.mark.parametrize(
    ("quiet", "seen"),
    [
        ((), {"begin", "done", "error", "word"}),
        ({Quietness.RULES}, {"done", "word"}),
        ({Quietness.PROGRESS}, {"begin", "error", "word"}),
        ({Quietness.PROGRESS, Quietness.RULES}, {"word"}),
        ({Quietness.ALL}, set()),
    ],
)
def test_quiet_means_what_it_always_means(quiet, seen):
    run = Snakemake(io.StringIO(), quiet)
    run.run(0)
    run.log("failed", LogEvent.JOB_ERROR, jobid=1, **ERROR)
    run.log("A word of the cluster.")
    text = run.handler.stream.getvalue()
    words = {"begin": "begin  ", "done": "done   ", "error": "Error in rule", "word": "A word"}
    assert {name for name, sign in words.items() if sign in text} == seen
    assert ("0 of 3" in text) == (not quiet), "what has ended is not counted for who is quiet"


def test_an_error_looks_as_it_always_does():
    run, plain = Snakemake(Terminal()), io.StringIO()
    own = ColorizingTextHandler(True, plain, DefaultFormatter())
    run.log("It is wrong.\n  Where: here.", LogEvent.ERROR, logging.ERROR)
    values = {"msg": "It is wrong.\n  Where: here.", "levelno": logging.ERROR}
    own.emit(logging.makeLogRecord(values | {"event": LogEvent.ERROR}))
    assert run.handler.stream.getvalue() == plain.getvalue()


def test_a_log_is_shown_without_the_calls_that_led_to_an_error(tmp_path):
    path, trace = tmp_path / "job.log", ["Traceback (most recent call last):", "  File x", "    y"]
    said = ["2026-01-01 10:00:00,000 begins", "2026-01-01 10:00:01,000 mine.py, line 3: no x"]
    both = [*trace, "KeyError: x", "", "The above exception was the direct cause", "", *trace]
    path.write_text("\n".join([*said, *both, "MethodError: mine.py, line 3: no x"]) + "\n")
    run = Snakemake(io.StringIO())
    run.handler.formatter.show_failed_logs = True
    run.log("failed", LogEvent.JOB_ERROR, jobid=1, **{**ERROR, "log": [str(path)]})
    text = run.handler.stream.getvalue()
    lines = text[text.index("Logfile") :].splitlines()
    assert [line for line in lines[1:] if line.strip("=")] == said
    other = "a script of another's\nTraceback (most recent call last):\nKeyError: x\n"
    path.write_text(other)
    run.log("failed", LogEvent.JOB_ERROR, jobid=1, **{**ERROR, "log": [str(path)]})
    assert other in run.handler.stream.getvalue(), "what nothing else has told is shown"


def test_of_a_job_that_a_person_has_ended_nothing_is_printed(tmp_path):
    path = tmp_path / "job.log"
    path.write_text(
        "2026-01-01 10:00:01,000 \nTraceback (most recent call last):\nKeyboardInterrupt\n"
    )
    run = Snakemake(io.StringIO())
    run.progress.jobs[1].log = [str(path)]
    run.log("failed", LogEvent.JOB_ERROR, jobid=1, **{**ERROR, "log": [str(path)]})
    run.log("Command 'x' died with <Signals.SIGINT: 2>.", LogEvent.ERROR, logging.ERROR)
    assert run.handler.stream.getvalue() == ""
    assert run.progress.failed == [run.progress.jobs[1]]
    run.log("Command 'x' died with <Signals.SIGKILL: 9>.", LogEvent.ERROR, logging.ERROR)
    assert "SIGKILL" in run.handler.stream.getvalue()


def test_a_failed_job_is_no_longer_what_is_done():
    run = Snakemake(io.StringIO())
    run.log("Execute", LogEvent.JOB_STARTED, jobs=[0])
    assert run.progress.now_line().endswith("prepare the data set")
    run.log("failed", LogEvent.JOB_ERROR, jobid=0, **ERROR)
    assert "prepare" not in run.progress.now_line()


def test_snakemakes_log_file_counts_in_the_same_words():
    run = Snakemake(io.StringIO())
    formatter = InWords(DefaultFormatter(), run.progress)
    record = logging.makeLogRecord({"event": LogEvent.PROGRESS, "done": 0, "total": 3})
    assert formatter.format(record) == "0 of 3   0:00   0:30 left"
    values = {"event": LogEvent.JOB_FINISHED, "job_id": 0, "msg": "Finished jobid: 0"}
    ended = formatter.format(logging.makeLogRecord(values))
    assert ended.endswith("\nFinished jobid: 0: prepare the data set")


def test_who_asks_for_no_progress():
    assert not quiet_about_progress(None) and not quiet_about_progress({Quietness.RULES})
    assert quiet_about_progress({Quietness.ALL}) and quiet_about_progress({Quietness.PROGRESS})
