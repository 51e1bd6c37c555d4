"""What Snakemake logs, a line a job in words, and in a terminal a last line that stays up to date.

It stands where Snakemake's own handler of the terminal stood, with its filter: ``--quiet`` means
what it always means, and errors look as they always do, but that a log is shown without the calls
that led to its error. It is no logger plugin: these must be installed packages, are chosen on the
command line, and are told neither the jobs to come nor what they depend on.
"""

import logging
import os
import re
import threading
import time
from collections.abc import Callable
from typing import Any

from snakemake.logging import ColorizingTextHandler, DefaultFormatter
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from unlearning.planning.remaining import Remaining
from unlearning.planning.words import by_the_clock, in_words
from workflow.telling.failing import last_words
from workflow.telling.measured import just_taken

#: Columns and rows where a terminal does not say how many it has.
SIZE = os.terminal_size((80, 24))
#: The end of a line that says how long a job has taken.
TOOK = re.compile(r" \([\d:]+\)$")
#: What tells a terminal to keep its cursor and to take it up again, and to scroll as a whole.
KEEP, TAKE_UP, WHOLE = "\0337", "\0338", "\033[r"
FAILED = (LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR)
#: How a job came to an error, which its log tells after the error itself (`artifacts/logs.py`).
TRACE = re.compile(
    r"^(\d{4}-\d\d-\d\d .*\n)Traceback \(.*\n(?:(?!\d{4}-\d\d-\d\d |={40}).*\n)*", re.MULTILINE
)
#: Said before each job of Snakemake's, and nothing that a person waits for.
NOISE = "Select jobs to execute..."
#: What Snakemake says of a job that got Ctrl-C, and the beginning of what it says after that.
CTRL_C = "died with <Signals.SIGINT"
INTERRUPTED = "Terminating processes on user request"


class Progress:
    """Follows a run by what Snakemake logs, and says in one line how far it is.

    Parameters
    ----------
    jobs : number of the job -> job of Snakemake, all jobs to run
    remaining : of the same jobs
    clock : gives seconds since 1970
    """

    def __init__(
        self, jobs: dict[int, Any], remaining: Remaining, clock: Callable[[], float] = time.time
    ) -> None:
        self.jobs, self.remaining, self.clock = jobs, remaining, clock
        self.done, self.total = 0, len(jobs)
        self.failed: list[Any] = []
        self.interrupted = False
        self.lines: list[str] = []  # of the jobs that have ended since the last count

    def hear(self, record: logging.LogRecord) -> None:
        """Note what a record says of jobs."""
        event, now = getattr(record, "event", None), self.clock()
        values = vars(record)
        if event == LogEvent.JOB_STARTED:
            for job in self.jobs.keys() & values["jobs"]:
                self.remaining.begin(job, now)
        elif event == LogEvent.JOB_ERROR:
            self.remaining.fail(values["jobid"])
            self.failed += [self.jobs[job] for job in [values["jobid"]] if job in self.jobs]
        elif event == LogEvent.JOB_FINISHED and values["job_id"] in self.jobs:
            self.finish(values["job_id"], now)
        elif event == LogEvent.PROGRESS:
            self.done, self.total = values["done"], values["total"]
        elif str(record.msg).startswith(INTERRUPTED):
            self.interrupted = True

    def got_ctrl_c(self, number: int) -> bool:
        """Return whether a person has ended a job, which is no failure of it."""
        job = self.jobs.get(number)
        return job is not None and last_words(job) == [""]

    def finish(self, number: int, now: float) -> None:
        """Note that a job has ended."""
        job, began = self.jobs[number], self.remaining.running.get(number, now)
        taken = just_taken(job, began - 1)  # file systems have clocks of their own
        seconds = self.remaining.end(number, now, taken)
        took = f" ({by_the_clock(seconds)})" if job.output else ""
        self.lines.append(f"done   {self.words(number)}{took}")

    def words(self, number: int) -> str:
        """Return what a job does."""
        job = self.jobs[number]
        return in_words(job.rule.name, job.wildcards_dict)

    def count(self) -> str:
        """Return how many of how many, the time so far and the time left, in columns."""
        now, width = self.clock(), len(str(self.total))
        past = by_the_clock(now - self.remaining.start)
        left = f"{by_the_clock(self.remaining.seconds(now)):>6} left"
        columns = f"{self.done:>{width}} of {self.total} {past:>6}"
        return f"{columns} {left if self.done < self.total else '':11}"

    def begin_line(self, number: int, counted: bool = True) -> str:
        """Return the line of a job that begins; nothing for a target, which is no work."""
        job = self.jobs.get(number)
        if job is None or job.is_norun:
            return ""
        word = "submit" if self.remaining.waits and not job.is_local else "begin "
        line = f"{word} {self.words(number)}"
        return f"{self.count()}  {line}" if counted else line

    def end_lines(self) -> list[str]:
        """Return a line for each job that has ended since this was last asked."""
        ended, self.lines = self.lines, []
        return [f"{self.count()}  {line}" for line in ended]

    def now_line(self) -> str:
        """Return what is done at the moment: one job in words, and how many besides."""
        running = [
            number for number in list(self.remaining.running) if not self.jobs[number].is_norun
        ]
        if not running:
            return self.count().rstrip()
        besides = f"+{len(running) - 1} " if running[1:] else ""
        return f"{self.count()}  now    {besides}{self.words(running[0])}"


class InWords(DefaultFormatter):
    """Snakemake's formatter of its log file, with words and the time left.

    Parameters
    ----------
    own : Snakemake's own formatter, whose settings hold
    progress : of the run
    """

    def __init__(self, own: Any, progress: Progress) -> None:
        super().__init__(own.quiet, own.show_failed_logs)
        self.progress = progress

    def format_progress(self, msg: dict[str, Any]) -> str:
        """Say how far the run is: a line, without what has ended."""
        return self.progress.count().rstrip()

    def format_job_finished(self, msg: dict[str, Any]) -> str:
        """Say what has ended as Snakemake does, and in words."""
        said, number = super().format_job_finished(msg), msg["job_id"]
        return f"{said}: {self.progress.words(number)}" if number in self.progress.jobs else said


class ProgressHandler(ColorizingTextHandler):
    """Prints a line for each job that begins and ends, and all else as Snakemake does.

    Parameters
    ----------
    own : Snakemake's own handler, in whose place this one is
    progress : of the run
    live : whether the stream is a terminal, in which a last line can be kept up to date: all that
        is printed, by jobs as well, scrolls above it
    """

    def __init__(self, own: Any, progress: Progress, live: bool) -> None:
        super().__init__(own.nocolor, own.stream, own.formatter)
        self.filters = list(own.filters)
        self.setLevel(own.level)
        self.name = own.name
        self.progress, self.live, self.rows = progress, live, 0
        # Where --quiet asks for no progress, Snakemake does not say what has ended.
        self.counted = not quiet_about_progress(getattr(own.formatter, "quiet", ()))
        self.ended = threading.Event()

    def handle(self, record: logging.LogRecord) -> Any:
        """Note what a record says, whether it is printed or not."""
        self.acquire()
        try:
            self.progress.hear(record)
            return super().handle(record)
        finally:
            self.release()

    def emit(self, record: logging.LogRecord) -> None:
        """Print what a record says, above the last line."""
        event = getattr(record, "event", None)
        if event in (LogEvent.JOB_STARTED, LogEvent.JOB_FINISHED) or record.msg == NOISE:
            return
        if event == LogEvent.JOB_ERROR and self.progress.got_ctrl_c(vars(record)["jobid"]):
            return
        if CTRL_C in str(record.msg):
            return
        if event == LogEvent.JOB_INFO:
            self.last_msg_was_job_info = True  # no empty line before it
        super().emit(record)
        self.show()

    def format(self, record: logging.LogRecord) -> str:
        """Return lines for a job that begins, and for those that have ended."""
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            number = vars(record)["jobid"]
            return self.fitted("" if self.live else self.progress.begin_line(number, self.counted))
        if event == LogEvent.PROGRESS:
            return "\n".join(map(self.fitted, self.progress.end_lines()))
        said = str(super().format(record))
        return TRACE.sub(r"\1", said) if event in FAILED else said

    def fitted(self, line: str) -> str:
        """Return a line as long as a terminal has columns; what goes to a file stays whole."""
        if not self.is_tty:
            return line
        columns, _ = self.size()
        if len(line) < columns:
            return line
        took = TOOK.search(line)
        end = took[0] if took else ""
        return f"{line[: columns - 4 - len(end)].rstrip(' ,')}...{end}"

    def size(self) -> os.terminal_size:
        """Return the columns and rows of the terminal."""
        try:
            size = os.get_terminal_size(self.stream.fileno())
        except OSError:
            return SIZE
        return size if all(size) else SIZE

    def show(self) -> None:
        """Write the last line, below what scrolls."""
        if not self.live or self.ended.is_set():
            return
        _, rows = self.size()
        if rows != self.rows:
            # A row more, so that the cursor is in none that no longer scrolls.
            self.stream.write(f"\n{KEEP}\033[1;{rows - 1}r{TAKE_UP}\033[1A")
            self.rows = rows
        self.write_last(self.fitted(self.progress.now_line()))

    def write_last(self, line: str) -> None:
        """Write into the last row, and leave the cursor where it is."""
        self.stream.write(f"{KEEP}\033[{self.rows};1H\033[2K{line}{TAKE_UP}")
        self.flush()

    def keep_up_to_date(self) -> None:
        """Write the last line again, once a second, until the end."""
        while not self.ended.wait(1):
            self.acquire()
            self.show()
            self.release()

    def end(self) -> None:
        """Take the last line away for good."""
        self.acquire()
        self.ended.set()
        if self.rows:
            self.stream.write(f"{KEEP}{WHOLE}{TAKE_UP}")
            self.write_last("")
            self.rows = 0
        self.release()

    def close(self) -> None:
        """Leave a terminal as it was, however the run has ended."""
        self.end()
        super().close()


def quiet_about_progress(quiet: Any) -> bool:
    """Return whether ``--quiet`` asks for no progress."""
    return bool({Quietness.ALL, Quietness.PROGRESS} & set(quiet or ()))
