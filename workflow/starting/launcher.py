"""Stands where Snakemake would start an interpreter for a job, and asks for a fork instead.

Run by ``python`` beside this file, without the site's packages: it takes 20 ms where an interpreter
that imports torch takes two seconds. Whatever is not as it should be, the job gets an interpreter
of its own, in this process.
"""

import array
import marshal
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

#: Where a run of Snakemake says what it `announces`, and which Python is its own.
VARIABLE, PYTHON = "UNLEARNING_JOBS", "UNLEARNING_PYTHON"

#: Where it says which modules jobs will import, separated by spaces.
AHEAD = "UNLEARNING_AHEAD"

#: What a shell sets anew for each of its children.
OF_SHELLS = ("_", "SHLVL", "OLDPWD")

FORWARDED = ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGCONT")

#: What the interpreter that forks is started with; the path of the package goes in and out again.
START = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from workflow.starting.interpreter import serve
del sys.path[0]
serve()
"""
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Alone(Exception):
    """Why a job gets an interpreter of its own."""


def started(process: str | int) -> str:
    """Return when a process started, in the kernel's ticks, which tells it from a later one."""
    with open(f"/proc/{process}/stat") as file:
        return file.read().rpartition(")")[2].split()[19]


def announce(ahead: Iterable[str] = ()) -> None:
    """Let the jobs of this process, a run of Snakemake, be started by launchers.

    Where they can't be, or the user has set the variable ``UNLEARNING_JOBS`` to ``alone``, nothing
    happens.

    Parameters
    ----------
    ahead : modules of installed packages to import at once, beside the first job; most jobs need
        them, and two that start together would each have their own
    """
    import shlex  # a launcher, which lives for milliseconds, does without

    command = os.path.join(os.path.dirname(os.path.abspath(__file__)), "python")
    possible = (
        sys.platform == "linux"
        and os.access(command, os.X_OK)  # and not, say, from an archive that has lost it
        and shlex.quote(command) == command  # Snakemake does not quote it
    )
    if possible and os.environ.get(VARIABLE) != "alone":
        process = os.getpid()
        os.environ[VARIABLE] = f"{process} {started(process)} {os.urandom(16).hex()}"
        os.environ[PYTHON] = sys.executable
        os.environ[AHEAD] = " ".join(ahead)
        sys.executable = command


def state() -> object:
    """Return what a job inherits; to be forked, it must be as the interpreter's own."""
    ignored = [int(n) for n in signal.valid_signals() if signal.getsignal(n) == signal.SIG_IGN]
    variables = {key: value for key, value in os.environ.items() if key not in OF_SHELLS}
    mask = os.umask(0)
    os.umask(mask)
    limits = [
        resource.getrlimit(getattr(resource, name))
        for name in sorted(dir(resource))
        if name.startswith("RLIMIT_")
    ]
    return [
        variables,
        os.getcwd(),
        mask,
        limits,
        os.nice(0),
        sorted(os.sched_getaffinity(0)),
        os.getgroups(),
        sorted(ignored),
    ]


def same_user(connection: socket.socket) -> bool:
    """Return whether the other end of a connection runs as the user of this process."""
    credentials = struct.Struct("3i")  # process, user, group
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, credentials.size)
    return bool(credentials.unpack(raw)[1] == os.getuid())


def connect(snakemake: int, name: str, python: str) -> socket.socket:
    """Return a connection to the run's interpreter, which the first to come starts."""
    address = f"\0unlearning-{name}"  # has no file, so none can be stale or on a full disk
    with socket.socket(socket.AF_UNIX) as listening:
        try:
            listening.bind(address)
        except OSError:
            pass  # another launcher has
        else:
            listening.listen(1024)
            start(listening, snakemake, python)
    connection = socket.socket(socket.AF_UNIX)
    for _ in range(50):
        try:
            connection.connect(address)
            return connection
        except ConnectionRefusedError:
            time.sleep(0.02)  # bound, but not yet listening
    raise Alone("the interpreter that forks does not answer")


def start(listening: socket.socket, snakemake: int, python: str) -> None:
    """Start the interpreter that forks, apart from this job's streams and signals."""
    streams = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
    places = listening.fileno(), snakemake
    for place in places:
        os.set_inheritable(place, True)
    arguments = [python, "-c", START, ROOT, *map(str, places)]
    try:
        os.posix_spawn(python, arguments, os.environ, file_actions=streams, setsid=True)
    finally:
        for place in places:
            os.set_inheritable(place, False)


def ask(connection: socket.socket, script: str, shared: object) -> int:
    """Ask for a fork that runs a script; return its process."""
    if not same_user(connection):
        raise Alone("the interpreter that forks is another user's")
    request = marshal.dumps((script, shared))  # type: ignore[arg-type]
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", range(3)))]
    sent = connection.sendmsg([struct.pack("Q", len(request)), request], rights)
    # Where all is sent the job may have ended by now: to send even nothing would be an error, and
    # the job would be run again.
    if rest := request[sent - 8 :]:
        connection.sendall(rest)
    word, _, process = answer(connection).partition(" ")
    if word != "started":
        raise Alone("the interpreter that forks has not forked")
    return int(process)


def answer(connection: socket.socket) -> str:
    """Return the next line that the interpreter says; nothing where it has gone."""
    line = b""
    while not line.endswith(b"\n"):
        try:
            more = connection.recv(1)
        except ConnectionError:
            more = b""
        if not more:
            return ""
        line += more
    return line.decode().strip()


def forward(process: int) -> None:
    """Hand signals on to a job: nobody else knows that it is the one meant."""

    def hand_on(number: int, _frame: object) -> None:
        with suppress(ProcessLookupError):  # it has ended, which is about to be said
            os.kill(process, number)

    def pause(number: int, _frame: object) -> None:
        hand_on(signal.SIGSTOP, None)
        os.kill(os.getpid(), signal.SIGSTOP)

    for name in (*FORWARDED, "SIGTSTP"):
        number = getattr(signal, name)
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, pause if name == "SIGTSTP" else hand_on)


def end(code: int) -> None:
    """End as the job has ended: with its exit code, or by the signal that ended it."""
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if -code not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def main() -> None:
    """Run a script in a fork, or anything else in an interpreter of its own."""
    python, arguments = os.environ.get(PYTHON, sys.executable), sys.argv[1:]
    try:
        run(python, *arguments)
    except (Alone, OSError, KeyError, ValueError):
        os.execv(python, [python, *arguments])


def run(python: str, script: str = "", *others: str) -> None:
    """Run a script in a fork, and end as it ends."""
    if others or not script.endswith(".py"):
        raise Alone("no script of a job")
    process, since, name = os.environ[VARIABLE].split()
    snakemake = os.pidfd_open(int(process))
    if started(process) != since:
        raise Alone("another process has Snakemake's number")
    shared = state()
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    connection = connect(snakemake, name, python)
    job = ask(connection, script, shared)
    forward(job)
    word, _, code = answer(connection).partition(" ")
    if word == "ended":
        end(int(code))
    with suppress(ProcessLookupError):
        # It ends with the interpreter, and may stay a zombie: not every first process of a
        # container looks after orphans.
        select.select([os.pidfd_open(job)], [], [])
    if select.select([snakemake], [], [], 0)[0]:
        os._exit(1)  # and both with Snakemake
    print("What starts jobs has ended: this one begins again, on its own.", file=sys.stderr)
    raise Alone("the interpreter that forks has gone")


if __name__ == "__main__":
    main()
