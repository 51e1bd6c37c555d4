"""The daemons of a SLURM on this machine: their packages, their processes and their end."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PACKAGES = ("slurm-wlm", "munge", "slurmdbd", "mariadb-server")
#: A daemon -> its program, in the order in which they are stopped; each has a file {name}.pid.
DAEMONS = {
    "n1": "slurmd",
    "n2": "slurmd",
    "slurmctld": "slurmctld",
    "slurmdbd": "slurmdbd",
    "mariadbd": "mariadbd",
    "munged": "munged",
}
SECONDS = 60  # that any one command or wait may take


class Unavailable(Exception):
    """Why no SLURM can be started here."""


def command(*arguments, check=True):
    """Run a command of SLURM and return what it prints."""
    done = subprocess.run(
        list(map(str, arguments)), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert not check or done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def wait_until(true, what, seconds=SECONDS):
    """Wait until a function returns something true, and return that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what}: not within {seconds} s")


def install():
    """Install Debian's packages where SLURM is missing; raise Unavailable where that cannot be."""
    programs = dict.fromkeys(DAEMONS.values())
    missing = [name for name in programs if shutil.which(name, path=path()) is None]
    if os.geteuid() != 0:
        raise Unavailable("starting a SLURM takes root")
    if missing and shutil.which("apt-get") is None:
        raise Unavailable(f"{', '.join(missing)} not found, and no apt-get to install SLURM with")
    if missing:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
            done = subprocess.run(
                ["apt-get", "-q", *step],
                env=environment,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
        if done.returncode:
            raise Unavailable(f"apt-get cannot install {' '.join(PACKAGES)}: {done.stderr[-300:]}")


def path():
    """Return where daemons are looked for; a user's PATH often lacks it."""
    return f"/usr/sbin:/sbin:{os.environ['PATH']}"


def free_ports(count):
    """Return numbers of ports that nothing listens at."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def daemon_pids(folder, names):
    """Return the processes of daemons, by the pid files of a folder."""
    found = []
    for name in names:
        file = folder / f"{name}.pid"
        if file.is_file() and file.read_text().strip():
            found.append(int(file.read_text()))
    return found


def kill_daemons(folder, names=tuple(DAEMONS)):
    """End daemons that a folder has pid files of, one after the other."""
    for name in names:
        for pid in daemon_pids(folder, (name,)):
            # A number may have been given to another process since.
            if alive(pid) and _name(pid) == DAEMONS[name]:
                os.kill(pid, signal.SIGTERM)
                try:
                    wait_until(lambda pid=pid: not alive(pid), name, 10)
                except AssertionError:
                    kill(pid)


def kill(pid):
    """Kill a process that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def alive(pid):
    """Return whether a process runs; one that waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _name(pid):
    return Path(f"/proc/{pid}/comm").read_text().strip()
