"""A real SLURM on this machine: one controller, two nodes, two GPUs that are none.

Needs root, to link the configuration into /etc/slurm: the commands that SLURM itself starts look
for it nowhere else.
"""

import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from pathlib import Path

PACKAGES = ("slurm-wlm", "munge")
DAEMONS = ("munged", "slurmctld", "slurmd")
PREFIX = "unlearning-slurm-"
CONFIG = Path("/etc/slurm")
LOCK = Path(tempfile.gettempdir()) / f"{PREFIX}lock"
SECONDS = 60  # that any one command or wait may take

GRES = """\
AutoDetect=off
NodeName=n1 Name=gpu Type=toy Count=2 File={folder}/gpu[0-1]
"""

SLURM = """\
ClusterName={name}
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CryptoType=crypto/munge
# A job that is started again waits for the end of its credential.
AuthInfo=socket={folder}/munge.sock,cred_expire=10
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SwitchType=switch/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
ReturnToService=2
SlurmdTimeout=15
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
MinJobAge=3600
KillWait=2
EnforcePartLimits=ALL
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobcomp.log
SlurmdParameters=config_overrides
NodeName=DEFAULT CPUs=8 CoresPerSocket=8 RealMemory=64000
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} Gres=gpu:toy:2
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]}
PartitionName=cpu Nodes=n2,n1 MaxTime=60 DefMemPerCPU=500
PartitionName=gpu Nodes=n1 MaxTime=60 DefMemPerCPU=500
"""


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
    missing = [name for name in DAEMONS if shutil.which(name, path=_path()) is None]
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


def _path():
    return f"/usr/sbin:/sbin:{os.environ['PATH']}"


def _free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Cluster:
    """Start the daemons with `start`, end everything with `stop`."""

    def __init__(self):
        self.lock = LOCK.open("w")
        self._wait_for_lock()
        self._clear_links()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._configure()

    def _wait_for_lock(self):
        def lock():
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        wait_until(lock, "another test run has a SLURM on this machine", 600)

    def _clear_links(self):
        """Remove what a killed test run left; refuse to touch the configuration of a cluster."""
        for name in ("slurm.conf", "gres.conf"):
            link = CONFIG / name
            if link.is_symlink() and PREFIX in os.readlink(link):
                _kill_daemons(Path(os.readlink(link)).parent)
                link.unlink()
            if link.exists() or link.is_symlink():
                raise Unavailable(f"{link} exists: this machine belongs to a cluster")

    def _configure(self):
        folder, host = self.folder, socket.gethostname().split(".")[0]
        name = f"toy{os.getpid()}"
        self._mark = f"SLURM_CLUSTER_NAME={name}".encode()
        folder.chmod(0o755)
        for directory in ("state", "spool-n1", "spool-n2"):
            (folder / directory).mkdir()
        (folder / "munge.key").write_bytes(os.urandom(128))
        (folder / "munge.key").chmod(0o600)
        for number in range(2):
            # Character device 1, 3 is /dev/null: SLURM hands it out like any GPU.
            try:
                os.mknod(folder / f"gpu{number}", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            except PermissionError as error:
                raise Unavailable(f"no device can be made here: {error}") from None
        (folder / "gres.conf").write_text(GRES.format(folder=folder))
        text = SLURM.format(name=name, folder=folder, host=host, ports=_free_ports(3))
        (folder / "slurm.conf").write_text(text)
        CONFIG.mkdir(exist_ok=True)
        for file in ("slurm.conf", "gres.conf"):
            (CONFIG / file).symlink_to(folder / file)

    def start(self, *, fresh=True):
        """Start the daemons, with the state of before unless ``fresh``; return when jobs run."""
        folder, recover = self.folder, "-c" if fresh else "-R"
        if fresh:
            self._run(
                "munged",
                "--force",
                f"--key-file={folder}/munge.key",
                f"--socket={folder}/munge.sock",
                f"--pid-file={folder}/munged.pid",
                f"--log-file={folder}/munged.log",
                f"--seed-file={folder}/munge.seed",
            )
        self._run("slurmctld", recover)
        for node in ("n1", "n2"):
            self._run("slurmd", *([recover] if fresh else []), "-N", node)
        wait_until(lambda: not self._down(), "all nodes up")

    def _run(self, *arguments):
        log = self.folder / "start.log"
        with log.open("a") as stream:
            done = subprocess.run(
                arguments,
                env={**os.environ, "PATH": _path()},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                timeout=SECONDS,
                check=False,
            )
        assert done.returncode == 0, f"{arguments}: {log.read_text()}"

    def _down(self):
        states = command("sinfo", "-hN", "-o", "%T", check=False).split()
        return not states or any(state not in ("idle", "mixed", "allocated") for state in states)

    def stop(self):
        """Cancel all jobs, then end the daemons and remove what was made."""
        try:
            if any(map(_alive, _daemon_pids(self.folder, ("slurmctld",)))):
                self.cancel_all()
        finally:
            _kill_daemons(self.folder)
            # Without cgroups SLURM loses sight of some processes of jobs that it ended.
            for pid in self._job_processes():
                _kill(pid)
            for name in ("slurm.conf", "gres.conf"):
                (CONFIG / name).unlink(missing_ok=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            self.lock.close()

    def cancel_all(self):
        """Cancel all jobs and wait until they are gone."""
        for job in self.queue():
            command("scancel", job["id"], check=False)
        wait_until(lambda: not self.queue(), "jobs cancelled")

    def crash(self):
        """Kill the controller, the nodes and their jobs at once, as a power cut does."""
        pids = _daemon_pids(self.folder, ("slurmctld", "n1", "n2"))
        victims = [*pids, *self._job_processes()]
        for pid in victims:
            _kill(pid)
        wait_until(lambda: not any(map(_alive, victims)), "daemons killed")

    def _job_processes(self):
        """Return the processes of this SLURM's jobs, and those that look after them."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                environment = (process / "environ").read_bytes().split(b"\0")
                words = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if self._mark in environment or words.startswith(b"slurmstepd: ["):
                found.append(int(process.name))
        return found

    def queue(self, folder=None):
        """Return the pending and running jobs, of one working directory if one is given."""
        lines = command("squeue", "-h", "-o", "%i|%T|%Z|%k").splitlines()
        jobs = [
            dict(zip(("id", "state", "folder", "comment"), line.split("|"), strict=True))
            for line in lines
        ]
        return [job for job in jobs if folder is None or job["folder"] == str(folder)]

    def jobs(self, folder):
        """Return what the controller knows of the jobs of a working directory, oldest first."""
        found = []
        for line in command("scontrol", "show", "job", "-o", "-d").splitlines():
            job = dict(re.findall(r"(\S+?)=(\S*)", line))
            if job.get("WorkDir") == str(folder):
                rule, _, wildcards = job["Comment"].removeprefix("rule_").partition("_wildcards_")
                found.append({**job, "rule": rule, "wildcards": wildcards})
        return sorted(found, key=lambda job: int(job["JobId"]))

    def completed(self):
        """Return SLURM's own record of the jobs that ended: number -> fields."""
        log = self.folder / "jobcomp.log"
        lines = log.read_text().splitlines() if log.exists() else []
        fields = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in lines]
        return {job["JobId"]: job for job in fields}


def _daemon_pids(folder, names):
    found = []
    for name in names:
        file = folder / f"{name}.pid"
        if file.is_file() and file.read_text().strip():
            found.append(int(file.read_text()))
    return found


def _kill_daemons(folder):
    for name in ("n1", "n2", "slurmctld", "munged"):
        for pid in _daemon_pids(folder, (name,)):
            # A number may have been given to another process since.
            if _alive(pid) and _name(pid) in DAEMONS:
                os.kill(pid, signal.SIGTERM)
                try:
                    wait_until(lambda pid=pid: not _alive(pid), name, 10)
                except AssertionError:
                    _kill(pid)


def _kill(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _name(pid):
    return Path(f"/proc/{pid}/comm").read_text().strip()
