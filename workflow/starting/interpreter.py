"""One interpreter that has imported what jobs import, and forks for each of them.

Most of a short job is importing torch. This interpreter is started by the first job of a run
(`launcher.py`), imports beside that job what it was told most jobs need, and after each job what
that job had imported from installed packages: a later one finds it there. It never imports the
package's own code, which may be edited between two jobs, and never computes, so it has no thread,
no pool of OpenMP and no CUDA context that a fork would break; should an import start a thread
nevertheless, it forks no more.

A job is a child of its own: its exit code, signals, memory and processor time are its own, it is
killed with the launcher that asked for it, with this interpreter, and with Snakemake.
"""

import array
import atexit
import ctypes
import gc
import importlib
import io
import marshal
import os
import select
import signal
import socket
import struct
import sys
import sysconfig
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import ModuleType
from typing import NamedTuple

from workflow.starting.launcher import AHEAD, same_user, state

#: Never imported here, wherever they lie: their code may be edited between two jobs.
OWN = "unlearning", "workflow"

#: Bytes of a request: an environment may have two million.
LARGEST = 1 << 24

#: Files that an interpreter writes to the end before it ends.
WRITTEN = io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom
PR_SET_PDEATHSIG = 1


class Job(NamedTuple):
    """A job that runs."""

    process: int
    asked: socket.socket  # by its launcher, which waits at the other end
    imported: int  # a file in memory, in which it writes what it has imported


def threads() -> int:
    """Return how many threads this process has, those of libraries among them."""
    return len(os.listdir("/proc/self/task"))


def installed(modules: Mapping[str, ModuleType]) -> list[str]:
    """Return the names of modules that lie where packages are installed, in order of import.

    The package's own modules are left out wherever they lie.
    """
    paths = sysconfig.get_paths()
    places = tuple(f"{paths[name]}{os.sep}" for name in ("purelib", "platlib", "stdlib"))
    names = []
    for name, module in list(modules.items()):
        origin = getattr(getattr(module, "__spec__", None), "origin", None) or ""
        if origin.startswith(places) and name.partition(".")[0] not in OWN:
            names.append(name)
    return names


def receive(connection: socket.socket) -> tuple[str, object, list[int]]:
    """Read a launcher's request: a script, the state of the job, and its three streams."""
    streams = array.array("i")
    size, ancillary, _, _ = connection.recvmsg(8, socket.CMSG_SPACE(3 * streams.itemsize))
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            streams.frombytes(content)
    (length,) = struct.unpack("Q", size)
    if length > LARGEST:
        raise ValueError("no launcher asks for so much")
    with connection.makefile("rb") as file:
        script, shared = marshal.loads(file.read(length))
    return script, shared, streams.tolist()


class Interpreter:
    """Forks for each job that is asked for.

    Parameters
    ----------
    listening : file descriptor of the socket at which launchers ask
    snakemake : that of Snakemake's process, readable once it has ended
    ahead : modules to import while nobody asks
    """

    def __init__(self, listening: int, snakemake: int, ahead: Sequence[str] = ()):
        for place in (listening, snakemake):
            os.set_inheritable(place, False)
        self.listening, self.snakemake = socket.socket(fileno=listening), snakemake
        self.state = state()
        self.interrupted = signal.getsignal(signal.SIGINT)
        self.process = os.getpid()
        self.jobs: dict[int, Job] = {}  # by a descriptor of the process, readable at its end
        self.known = {"__main__"}
        self.ahead = list(ahead)
        self.calls = select.poll()
        for place in (listening, snakemake):
            self.calls.register(place, select.POLLIN)
        self.libc = ctypes.CDLL(None)

    def next_script(self) -> tuple[str, int]:
        """Fork for jobs; return only in a child, with its script and where it says its imports."""
        while True:
            events = self.calls.poll(0 if self.ahead else None)
            if not events:
                self.learn([self.ahead.pop(0)])
                continue
            # The first of all events: what comes of it may give another one's number anew.
            place = events[0][0]
            if place == self.snakemake:
                self.stop()
            elif place == self.listening.fileno():
                job = self.answer()
                if job is not None:
                    return job
            elif place in self.jobs:
                self.finish(place)
            else:
                self.abandon(place)

    def stop(self) -> None:
        """End with Snakemake, and the jobs with both."""
        for job in self.jobs.values():
            os.kill(job.process, signal.SIGKILL)
        sys.exit()

    def answer(self) -> tuple[str, int] | None:
        """Fork for the next job; return it in the child, and None here."""
        connection, _ = self.listening.accept()
        imported = os.memfd_create("imported")
        streams: list[int] = []
        try:
            if not same_user(connection):
                raise ValueError("another user")
            connection.settimeout(5)  # launchers write at once
            script, shared, streams = receive(connection)
            connection.settimeout(None)
            if shared != self.state or len(streams) != 3 or threads() != 1:
                raise ValueError("not a child of this interpreter")
            process = os.fork()
        except (OSError, ValueError, EOFError, TypeError, struct.error):
            connection.close()  # the launcher then starts an interpreter of the job's own
            for place in (*streams, imported):
                os.close(place)
            return None
        if not process:
            self.become_job(connection, streams)
            return script, imported
        for stream in streams:
            os.close(stream)
        ended = os.pidfd_open(process)
        self.jobs[ended] = Job(process, connection, imported)
        self.calls.register(ended, select.POLLIN)
        self.calls.register(connection.fileno(), select.POLLIN)
        self.tell(connection, f"started {process}")
        return None

    def become_job(self, asked: socket.socket, streams: list[int]) -> None:
        """Make of this child what an interpreter of the job's own would be."""
        self.libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self.process:
            os._exit(1)  # killed before that was said
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        self.listening.close()
        asked.close()
        os.close(self.snakemake)
        for ended, job in self.jobs.items():
            os.close(ended)
            os.close(job.imported)
            job.asked.close()
        signal.signal(signal.SIGINT, self.interrupted)

    def finish(self, ended: int) -> None:
        """Tell a launcher how its job has ended, and import what the job had imported."""
        job = self.jobs.pop(ended)
        _, status = os.waitpid(job.process, 0)
        self.calls.unregister(ended)
        with suppress(KeyError):  # its launcher has gone before
            self.calls.unregister(job.asked.fileno())
        os.close(ended)
        self.tell(job.asked, f"ended {os.waitstatus_to_exitcode(status)}")
        job.asked.close()
        with open(job.imported, "rb") as file:
            file.seek(0)
            names = file.read().decode().splitlines()
        if status == 0 and threads() == 1:
            self.learn(names)

    def learn(self, names: list[str]) -> None:
        """Import modules, so that later jobs find them."""
        new = [name for name in names if name not in self.known]
        self.known.update(new)
        for name in new:
            try:
                importlib.import_module(name)
            except Exception:  # whatever it is, the job that needs the module will say
                continue
        if "numba" in new:
            # What it else loads in each job, half a second long, before its first compiled loop.
            with suppress(Exception):
                sys.modules["numba.core.registry"].cpu_target.target_context.refresh()
        if new:
            gc.collect()
            gc.freeze()  # what is never looked at again is never copied

    def abandon(self, place: int) -> None:
        """Kill a job whose launcher has gone."""
        for job in self.jobs.values():
            if job.asked.fileno() == place:
                os.kill(job.process, signal.SIGKILL)
                self.calls.unregister(place)

    @staticmethod
    def tell(connection: socket.socket, text: str) -> None:
        """Say something to a launcher, unless it has gone."""
        with suppress(OSError):
            connection.sendall(f"{text}\n".encode())


def run(script: str, imported: int) -> None:
    """Run a script as ``python SCRIPT`` would, and keep which modules it has imported."""

    def remember() -> None:
        with open(imported, "w") as file:
            file.write("\n".join(installed(sys.modules)))

    atexit.register(remember)
    if "numpy" in sys.modules:  # was seeded when it was imported, which is another job's doing
        importlib.import_module("numpy").random.seed()
    importlib.invalidate_caches()
    sys.argv[:] = [script]
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.abspath(script))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=sys.stdout.isatty())
    main = ModuleType("__main__")
    main.__dict__.update(__file__=script, __builtins__=__builtins__, __cached__=None)
    sys.modules["__main__"] = main
    with open(script, "rb") as file:
        code = compile(file.read(), script, "exec")
    try:
        exec(code, main.__dict__)
    except Exception as error:
        trace = error.__traceback__ and error.__traceback__.tb_next  # from the script on
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        sys.exit(1)
    leave()


def leave() -> None:
    """End as an interpreter does, but without taking down, object by object, what is shared."""
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as at any end
    atexit._run_exitfuncs()
    for thing in gc.get_objects():
        if issubclass(type(thing), WRITTEN) and not thing.closed:
            thing.flush()
    os._exit(0)


def serve() -> None:
    """Fork for jobs until Snakemake ends: ``python -c ... LISTENING SNAKEMAKE``."""
    listening, snakemake = (int(text) for text in sys.argv[1:])
    waiting = Interpreter(listening, snakemake, os.environ.get(AHEAD, "").split())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in [name for name in sys.modules if name.partition(".")[0] in OWN]:
        del sys.modules[name]  # a job imports its own
    script, imported = waiting.next_script()
    del waiting
    run(script, imported)
