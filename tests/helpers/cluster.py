"""A real SLURM on this machine: one controller, two nodes, two GPUs that are none.

Needs root, to link the configuration into /etc/slurm: the commands that SLURM itself starts look
for it nowhere else.
"""

import contextlib
import fcntl
import os
import re
import shutil
import socket
import stat
import subprocess
import tempfile
from pathlib import Path

from tests.helpers import accounting
from tests.helpers.daemons import (
    SECONDS,
    Unavailable,
    alive,
    command,
    daemon_pids,
    free_ports,
    kill,
    kill_daemons,
    path,
    wait_until,
)

PREFIX = "unlearning-slurm-"
CONFIG = Path("/etc/slurm")
LOCK = Path(tempfile.gettempdir()) / f"{PREFIX}lock"

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
{accounting}
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobcomp.log
SlurmdParameters=config_overrides
NodeName=DEFAULT CPUs=8 CoresPerSocket=8 RealMemory=64000
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} Gres=gpu:toy:2
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]}
PartitionName=cpu Nodes=n2,n1 MaxTime=60 DefMemPerCPU=500
PartitionName=gpu Nodes=n1 MaxTime=60 DefMemPerCPU=500
"""


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
                kill_daemons(Path(os.readlink(link)).parent)
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
        self._places = {"name": name, "folder": folder, "host": host, "ports": free_ports(5)}
        self._write(accounting.NONE)
        CONFIG.mkdir(exist_ok=True)
        for file in ("slurm.conf", "gres.conf"):
            (CONFIG / file).symlink_to(folder / file)

    def _write(self, accounts):
        text = SLURM.format(accounting=accounts.format(**self._places), **self._places)
        (self.folder / "slurm.conf").write_text(text)

    @contextlib.contextmanager
    def accounting(self):
        """Keep accounts in a database while inside; SLURM is started anew, as nothing has run."""
        kill_daemons(self.folder, ("n1", "n2", "slurmctld"))
        try:
            accounting.start(self._places, self._run)
            self._write(accounting.DATABASE)
            accounting.register(self._places["name"])
            self.start()
            yield
        finally:
            self._end_jobs()
            kill_daemons(self.folder, ("n1", "n2", "slurmctld", *accounting.DAEMONS))
            self._write(accounting.NONE)
            self.start()

    def no_default_account(self):
        """Let no account be the default while inside; within `accounting`."""
        return accounting.no_default(self._places)

    def start(self, *, fresh=True):
        """Start the daemons, with the state of before unless ``fresh``; return when jobs run."""
        folder, recover = self.folder, "-c" if fresh else "-R"
        if not any(map(alive, daemon_pids(folder, ("munged",)))):
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
                env={**os.environ, "PATH": path(), "SLURM_CONF": str(self.folder / "slurm.conf")},
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
            self._end_jobs()
        finally:
            kill_daemons(self.folder)
            # Without cgroups SLURM loses sight of some processes of jobs that it ended.
            for pid in self._job_processes():
                kill(pid)
            for name in ("slurm.conf", "gres.conf"):
                (CONFIG / name).unlink(missing_ok=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            self.lock.close()

    def _end_jobs(self):
        if any(map(alive, daemon_pids(self.folder, ("slurmctld",)))):
            self.cancel_all()

    def cancel_all(self):
        """Cancel all jobs and wait until they are gone."""
        for job in self.queue():
            command("scancel", job["id"], check=False)
        wait_until(lambda: not self.queue(), "jobs cancelled")

    def crash(self):
        """Kill the controller, the nodes and their jobs at once, as a power cut does."""
        pids = daemon_pids(self.folder, ("slurmctld", "n1", "n2"))
        victims = [*pids, *self._job_processes()]
        for pid in victims:
            kill(pid)
        wait_until(lambda: not any(map(alive, victims)), "daemons killed")

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
