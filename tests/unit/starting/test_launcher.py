"""A job that is forked is as one that has an interpreter of its own."""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.helpers.study import ROOT

# A run of Snakemake, as far as it matters here: it announces itself and starts what it is told.
RUN = """
import json, signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored where the tests run in the background
sys.path.insert(0, {root!r})
from workflow.starting import launcher
launcher.announce({ahead!r})
print(sys.executable, flush=True)
for line in sys.stdin:
    process = subprocess.Popen(json.loads(line) % sys.executable, shell=True)
    print(process.pid, flush=True)
    print(process.wait(), flush=True)
"""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

# Parents of a job: of an interpreter of its own the shell, of a fork the one that forks.
SAY = """
import os, sys
print(os.getpid(), os.getppid(), "numpy" in sys.modules, *sys.argv[1:], sep=",", file=open(%r, "a"))
"""


class Run:
    """A process that starts jobs."""

    def __init__(self, folder, root=ROOT, ahead=(), **variables):
        self.folder, self.said = folder, folder / "said"
        with (folder / "errors").open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-c", RUN.format(root=str(root), ahead=ahead)],
                env=os.environ | ONE_THREAD | variables,
                cwd=folder,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self.python = self.process.stdout.readline().strip()

    def begin(self, text, command="exec %s {}"):
        """Start a script; return the process of its launcher."""
        script = self.folder / "script.py"
        script.write_text(SAY % str(self.said) + text)
        self.process.stdin.write(json.dumps(command.format(script)) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self):
        """Wait for the script; return its exit code."""
        return int(self.process.stdout.readline())

    def __call__(self, text="", command="exec %s {}"):
        """Run a script; return its exit code."""
        self.begin(text, command)
        return self.end()

    def jobs(self):
        """Return what jobs have said: process, parent, whether numpy was there."""
        lines = self.said.read_text().splitlines()
        return [
            (int(a), int(b), c == "True") for a, b, c, *_ in (line.split(",") for line in lines)
        ]

    def interpreter(self):
        """Return the process that forks, the parent of the last job."""
        return psutil.Process(self.jobs()[-1][1])

    def errors(self):
        """Return what the run and its jobs wrote to the error stream."""
        return (self.folder / "errors").read_text()

    def close(self):
        """Kill the run."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def start(tmp_path):
    runs = []

    def begin(name="run", **options):
        (tmp_path / name).mkdir()
        runs.append(Run(tmp_path / name, **options))
        return runs[-1]

    yield begin
    for run in runs:
        run.close()


def gone(process):
    """Wait for a process to end."""
    deadline = time.monotonic() + 20
    with contextlib.suppress(psutil.NoSuchProcess):  # gone between two looks at it
        while psutil.Process(process).status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline, "still there"
            time.sleep(0.02)


def wait_for(path):
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline, path
        time.sleep(0.02)


def test_jobs_share_an_interpreter_that_imports_what_they_imported(start):
    run = start()
    assert [run("import numpy"), run(), run()] == [0, 0, 0]
    (_, first, before), (_, second, after), (_, third, _) = run.jobs()
    assert first == second == third
    assert (before, after) == (False, True)


def test_what_most_jobs_need_is_imported_beside_the_first(start):
    run = start(ahead=("no_such_module", "numpy"))
    assert [run(), run()] == [0, 0]
    assert [there for _, _, there in run.jobs()] == [False, True]


def test_code_that_was_edited_between_two_jobs_is_what_runs(start):
    run = start()
    folder = run.folder / "unlearning"
    folder.mkdir()
    for answer in "ab":
        (folder / "module.py").write_text(f"ANSWER = {answer!r}\n")
        assert run(f"import unlearning.module\nassert unlearning.module.ANSWER == {answer!r}") == 0
    assert "Error" not in run.errors()


def test_an_error_is_said_as_by_an_interpreter_of_its_own(start):
    forked, alone = start(), start("alone", UNLEARNING_JOBS="alone")
    for run in (forked, alone):
        assert run("raise ValueError('why')") == 1
        assert run("sys.exit(7)") == 7
    assert forked.errors().replace(str(forked.folder), "") == alone.errors().replace(
        str(alone.folder), ""
    )
    assert "ValueError: why" in forked.errors()
    assert forked.jobs()[0][1] == forked.jobs()[1][1]
    assert alone.python == sys.executable


def test_what_was_not_closed_is_written(start):
    run = start()
    assert run("file = open('open', 'w'); file.write('all'); sys.stderr.write('said')") == 0
    assert (run.folder / "open").read_text() == "all"
    assert run.errors() == "said"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_a_signal_reaches_the_job_and_is_how_it_ended(start, number):
    run = start()
    launcher = run.begin("open('up', 'w').close()\nimport time\ntime.sleep(60)")
    wait_for(run.folder / "up")
    os.kill(launcher, number)
    assert run.end() == -number
    gone(run.jobs()[0][0])
    assert run() == 0
    assert run.jobs()[0][1] == run.jobs()[1][1]  # no other job has an interpreter less


def test_a_job_that_was_killed_ends_so_and_the_next_one_runs(start):
    run = start()
    assert run("import signal; os.kill(os.getpid(), signal.SIGKILL)") == -signal.SIGKILL
    assert run() == 0
    assert run.jobs()[0][1] == run.jobs()[1][1]


@contextlib.contextmanager
def negligent_parent():
    """Become the parent of orphans and leave them zombies, as some containers' first process."""
    prctl, subreaper = ctypes.CDLL(None).prctl, 36  # PR_SET_CHILD_SUBREAPER
    before = {child.pid for child in psutil.Process().children()}
    prctl(subreaper, 1)
    try:
        yield
    finally:
        prctl(subreaper, 0)
        for child in psutil.Process().children():
            if child.pid not in before and child.status() == psutil.STATUS_ZOMBIE:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(child.pid, os.WNOHANG)


@pytest.mark.parametrize("parent", [contextlib.nullcontext, negligent_parent])
def test_everything_dies_with_snakemake(start, parent):
    with parent():
        everything_dies(start())


def everything_dies(run):
    launcher = run.begin("open('up', 'w').close()\nimport time\ntime.sleep(60)")
    wait_for(run.folder / "up")
    interpreter = run.interpreter()
    run.process.kill()
    gone(run.jobs()[0][0])
    gone(interpreter.pid)
    gone(launcher)
    assert len(run.jobs()) == 1


def test_a_job_whose_interpreter_was_killed_begins_again_on_its_own(start):
    run = start()
    run.begin("import time\nif len(open('said').readlines()) == 1: time.sleep(60)")
    wait_for(run.said)
    run.interpreter().kill()
    assert run.end() == 0
    (first, _, _), (second, parent, _) = run.jobs()
    assert first != second and parent == run.process.pid
    assert "begins again, on its own" in run.errors()
    assert run() == 0  # and the next one starts another interpreter
    assert run.jobs()[-1][1] not in (run.process.pid, parent)


@pytest.mark.parametrize(
    "command",
    [
        "export OTHER=1; exec %s {}",
        "umask 077; exec %s {}",
        "cd /; exec %s {}",
        "ulimit -n 200; exec %s {}",
        "exec nice %s {}",
        "exec %s {} argument",
    ],
)
def test_a_job_that_inherits_something_else_has_an_interpreter_of_its_own(start, command):
    run = start()
    assert run() == 0
    assert run("", command) == 0
    (_, shared, _), (_, parent, _) = run.jobs()
    assert parent != shared


def test_a_thread_of_a_library_ends_the_forking(start):
    run = start(OMP_NUM_THREADS="2", OPENBLAS_NUM_THREADS="2")  # with two, numpy's import has one
    assert [run("import numpy"), run(), run()] == [0, 0, 0]
    (_, shared, _), (_, second, _), (_, third, _) = run.jobs()
    assert psutil.Process(shared).num_threads() > 1
    assert second == third == run.process.pid


def test_two_runs_do_not_share(start):
    one, other = start("one"), start("other")
    assert [one(), other()] == [0, 0]
    assert one.interpreter() != other.interpreter()


@pytest.mark.parametrize("name", ["a folder", "archive"])
def test_a_place_that_does_not_do_is_left_alone(start, tmp_path, name):
    place = tmp_path / name
    shutil.copytree(ROOT / "workflow" / "starting", place / "workflow" / "starting")
    if name == "archive":
        (place / "workflow/starting/python").chmod(0o644)
    assert start(root=place).python == sys.executable


def test_it_is_python_to_everything_else(start):
    python = start().python
    asked = subprocess.run(
        [python, "-c", "import sys; print(sys.argv[1:])", "a", "b c"],
        env=os.environ | {"UNLEARNING_PYTHON": sys.executable},
        capture_output=True,
        text=True,
    )
    assert asked.stdout == "['a', 'b c']\n"
    assert Path(python).is_relative_to(ROOT)
