"""A run tells what it does once it begins, in the place of Snakemake's own handler and no other."""

import io
import logging
import os
from types import SimpleNamespace

import pytest
from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter, logger
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from tests.helpers.configs import CONFIG
from unlearning.planning.resources import Needs
from workflow.telling import run as module
from workflow.telling.handler import InWords, ProgressHandler
from workflow.telling.run import FILE, TERMINAL, Run

FIGURE = "results/theory/figures/fig3.png"


class Rule(SimpleNamespace):
    log = ()


def job(name, output, norun=False):
    return SimpleNamespace(
        rule=Rule(name=name), resources={"mem_mb": 1000}, wildcards=SimpleNamespace(),
        wildcards_dict={"theory_figure": "fig3"}, output=output, input=[FIGURE], log=[],
        is_local=True, is_norun=norun,
    )  # fmt: skip


@pytest.fixture
def handlers(monkeypatch):
    """What Snakemake has set up: a handler of the terminal, and one of its log file."""
    found = []
    for name, text in ((TERMINAL, io.StringIO()), (FILE, io.StringIO())):
        handler = ColorizingTextHandler(True, text, DefaultFormatter())
        handler.name = name
        found.append(handler)
    monkeypatch.setattr(logger, "handlers", found)
    monkeypatch.setattr(logger, "level", logging.INFO)
    return found


def build(jobs, quiet=(), verbose=False, executor="local", elsewhere=False):
    for handler in logger.handlers:
        handler.addFilter(DefaultFilter(set(quiet), False, verbose, False, False))
    dag = SimpleNamespace(
        needrun_jobs=lambda exclude_finished=True: jobs,
        finished=lambda each: all(map(os.path.exists, each.output)),
        jobid=jobs.index,
        targetjobs=jobs[-1:],
    )
    workflow = SimpleNamespace(
        dag=dag,
        rules=[each.rule for each in jobs],
        output_settings=SimpleNamespace(quiet=set(quiet), verbose=verbose, debug_dag=False),
        executor_plugin=SimpleNamespace(name=executor),
        execution_settings=SimpleNamespace(use_threads=elsewhere),
        _localrules={"fig3"},
        scheduler=SimpleNamespace(global_resources={"_cores": 2, "_nodes": 2**63, "gpu": 1}),
    )
    return Run(workflow, Needs(CONFIG))


def both():
    return [job("draw_theory", [FIGURE]), job("fig3", [], norun=True)]


def test_nothing_happens_before_it_begins(handlers):
    build(both())
    assert [handler.name for handler in logger.handlers] == [TERMINAL, FILE]
    assert type(logger.handlers[0]) is ColorizingTextHandler
    assert all(handler.stream.getvalue() == "" for handler in handlers)


def test_it_stands_where_snakemakes_own_handler_stood(handlers):
    build(both()).begin()
    ours, file = logger.handlers
    assert isinstance(ours, ProgressHandler) and ours.filters == handlers[0].filters
    assert ours.stream is handlers[0].stream and not ours.live, "a file has no last line"
    assert file is handlers[1] and isinstance(file.formatter, InWords)


def test_who_wants_all_gets_snakemakes_own(handlers):
    build(both(), verbose=True).begin()
    assert logger.handlers == handlers


def test_beside_a_logger_plugin_nothing_is_printed(handlers):
    logger.handlers.pop(0)
    build(both()).begin()
    assert logger.handlers == handlers[1:] or logger.handlers == [handlers[-1]]


@pytest.mark.parametrize(
    ("jobs", "quiet", "live"),
    [
        (both(), (), True),
        (both(), {Quietness.RULES}, True),
        (both(), {Quietness.PROGRESS}, False),
        (both(), {Quietness.ALL}, False),
        ([job("audit", [])], (), False),  # it prints a table
    ],
)
def test_a_terminal_has_a_last_line_unless_it_is_in_the_way(
    handlers, monkeypatch, jobs, quiet, live
):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(ColorizingTextHandler, "is_tty", True)
    monkeypatch.setattr(module.threading, "Thread", lambda **_: SimpleNamespace(start=int))
    build(jobs, quiet).begin()
    assert logger.handlers[0].live == live


def test_the_end_names_what_is_new_and_is_silent_for_the_quiet(handlers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for quiet, said in (((), True), ({Quietness.PROGRESS}, False)):
        handlers[0].filters, handlers[1].filters = [], []
        logger.handlers = list(handlers)
        (tmp_path / FIGURE).unlink(missing_ok=True)
        running = build(both(), quiet)
        running.begin()
        (tmp_path / FIGURE).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / FIGURE).write_text("a figure")
        handlers[0].stream.truncate(0)
        running.end()
        text = handlers[0].stream.getvalue()
        assert ("new:       results/theory/figures/fig3.png" in text) == said
        assert (f"Look first at {FIGURE}" in text) == said


def heard(running, text):
    record = logging.LogRecord("snakemake", logging.INFO, "", 0, text, (), None)
    assert running.hear(record)
    return record.msg


def test_where_there_is_nothing_to_do_the_page_to_look_at_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    running = build(both())
    assert heard(running, NOTHING_TO_BE_DONE_MSG) == NOTHING_TO_BE_DONE_MSG, "nothing is there"
    (tmp_path / FIGURE).parent.mkdir(parents=True)
    (tmp_path / FIGURE).write_text("a figure")
    assert heard(running, NOTHING_TO_BE_DONE_MSG).splitlines()[1:] == [f"Look first at {FIGURE}"]
    assert heard(running, "Building DAG of jobs...") == "Building DAG of jobs..."


@pytest.mark.parametrize(
    "quiet", [set(), {Quietness.PROGRESS, Quietness.RULES}], ids=["", "--quiet"]
)
def test_a_run_that_fails_says_why_and_what_is_kept(handlers, tmp_path, quiet):
    handlers[0].addFilter(DefaultFilter(quiet, False, False, False, False))
    running = build(both())
    running.begin()
    log = tmp_path / "job.log"
    log.write_text("2026-01-01 10:00:01,000 mine.py, line 3: no x\nTraceback (most recent\n")
    running.progress.jobs[0].log = [str(log)]
    record = {"event": LogEvent.JOB_ERROR, "jobid": 0, "levelno": logging.DEBUG}
    running.progress.hear(logging.makeLogRecord(record))
    running.stop()
    assert "Failed: mine.py, line 3: no x" in handlers[0].stream.getvalue()
    assert "0 of 2 jobs are done and kept" in handlers[0].stream.getvalue()


@pytest.mark.parametrize(
    ("event", "ended_well"),
    [({"msg": "Terminating processes on user request, this might take some time."}, False),
     ({"msg": "Trying to restart job 0."}, True)],
    ids=["Ctrl-C", "begun again"],
)  # fmt: skip
def test_a_job_without_a_word_is_no_failure_after(handlers, event, ended_well):
    running = build(both())
    running.begin()
    failed = {"event": LogEvent.JOB_ERROR, "jobid": 0, "levelno": logging.DEBUG}
    running.progress.hear(logging.makeLogRecord(failed))
    running.progress.hear(logging.makeLogRecord(event))
    running.workflow.dag.finished = lambda each: ended_well and each is running.jobs[0]
    running.stop()
    printed = handlers[0].stream.getvalue()
    assert "0 of 2 jobs are done and kept" in printed and "Failed:" not in printed
    assert ("You have ended this run." in printed) != ended_well


def test_a_run_that_fails_names_what_it_has_made_before(handlers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made, kept, failed = FIGURE, "results/theory/old.png", "results/theory/lost.png"
    jobs = [job("draw_theory", [path]) for path in (made, kept, failed)]
    target = job("fig3", [], norun=True)
    target.input = [made, kept, failed]
    for path in (made, kept):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / kept).write_text("as it was")
    running = build([*jobs, target])
    running.workflow.dag.finished = lambda each: each is jobs[0]
    running.begin()
    (tmp_path / made).write_text("a figure")
    running.stop()
    text = handlers[0].stream.getvalue()
    assert f"Made in this run:\nnew:       {made}\nLook first at {made}\n" in text
    assert kept not in text and failed not in text, "these jobs have not ended"
    assert text.index("Made in this run") < text.index("are done and kept")


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_dry_run_for_a_cluster_foretells_a_job_without_account(monkeypatch, elsewhere):
    asked = []

    def refuse(requests):
        asked.extend(requests)
        raise ValueError("account is not set")

    monkeypatch.setattr(module.cluster, "check_cluster", refuse)
    said = heard(build(both(), elsewhere=elsewhere), f"{module.DRY_RUN} (flag -n).")
    assert ("would be refused: account is not set" in said) == elsewhere
    assert [each.rule for each in asked] == ["draw_theory"] * elsewhere
