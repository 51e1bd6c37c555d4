"""What can't be forked is said to the launcher, which then runs the job itself."""

import os
import socket
import threading

import pytest

from workflow.starting import launcher
from workflow.starting.interpreter import Interpreter, installed, receive

NO_PROCESS = BlockingIOError(11, "Resource temporarily unavailable")


@pytest.fixture
def waiting():
    """An interpreter in this process, and a connection to it."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"\0test-{os.getpid()}")
    listening.listen()
    snakemake = os.pidfd_open(os.getpid())
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(listening.getsockname())
    interpreter = Interpreter(listening.detach(), snakemake)
    yield interpreter, connection
    interpreter.listening.close()
    connection.close()
    os.close(snakemake)


def refused(interpreter, connection, shared):
    """Ask for a job, and return the errors by which it comes to run alone."""
    told = []

    def ask():
        try:
            launcher.ask(connection, "script.py", shared)
        except (launcher.Alone, OSError) as error:  # each sends the job its own way
            told.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    assert interpreter.answer() is None
    asking.join()
    assert interpreter.jobs == {}
    return told


def raising(*_arguments, **_options):
    raise NO_PROCESS


def test_a_limit_on_processes(waiting, monkeypatch):
    """As `ulimit -u` sets it; root, who runs the tests of SLURM, has none."""
    monkeypatch.setattr("workflow.starting.interpreter.threads", lambda: 1)
    monkeypatch.setattr(os, "fork", raising)
    assert len(refused(*waiting, launcher.state())) == 1


def test_a_limit_on_processes_when_the_first_job_starts(monkeypatch):
    monkeypatch.setattr(os, "posix_spawn", raising)
    ran = []
    monkeypatch.setattr(os, "execv", lambda path, arguments: ran.append([path, *arguments]))
    monkeypatch.setattr("sys.argv", ["launcher.py", "script.py"])
    name = f"{os.getpid()} {launcher.started(os.getpid())} test"
    monkeypatch.setenv(launcher.VARIABLE, name)
    monkeypatch.setenv(launcher.PYTHON, "python")
    launcher.main()
    assert ran == [["python", "python", "script.py"]]


def test_what_differs_is_not_forked(waiting, monkeypatch):
    monkeypatch.setattr("workflow.starting.interpreter.threads", lambda: 1)
    monkeypatch.setattr(os, "fork", raising)
    shared = launcher.state()
    shared[0] = {**shared[0], "SEED": "1"}
    assert len(refused(*waiting, shared)) == 1


class Late(socket.socket):
    """A launcher's end, that the processor leaves once it has asked, until its job has ended."""

    def sendmsg(self, *arguments):
        sent = super().sendmsg(*arguments)
        self.ended.wait()
        return sent


def test_a_job_that_ends_before_its_launcher_goes_on_is_not_run_again():
    one, other = socket.socketpair()
    connection = Late(fileno=one.detach())
    connection.ended = threading.Event()

    def run():
        *_, streams = receive(other)
        other.sendall(b"started 7\nended 0\n")
        other.close()
        connection.ended.set()
        for stream in streams:
            os.close(stream)

    running = threading.Thread(target=run)
    running.start()
    assert launcher.ask(connection, "script.py", launcher.state()) == 7
    assert launcher.answer(connection) == "ended 0"
    running.join()
    connection.close()


def test_nonsense_from_a_stranger_is_survived(waiting):
    interpreter, connection = waiting
    connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
    connection.shutdown(socket.SHUT_WR)
    assert interpreter.answer() is None
    assert launcher.answer(connection) == ""


def test_the_package_itself_is_never_imported_beforehand():
    import numpy

    import unlearning.study.design

    names = installed({"numpy": numpy, "unlearning.study.design": unlearning.study.design})
    assert names == ["numpy"]
