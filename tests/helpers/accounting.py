"""A database of a SLURM's accounts on this machine: mariadbd, and slurmdbd in front of it."""

import contextlib
import shutil
import socket
import subprocess

from tests.helpers.daemons import SECONDS, wait_until

DAEMONS = ("slurmdbd", "mariadbd")
ACCOUNT = "theory"  # the only one, and root its only user, who may use one quality of service
QOS = "normal"

NONE = "AccountingStorageType=accounting_storage/none"
DATABASE = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={ports[3]}
AccountingStoragePass={folder}/munge.sock
AccountingStorageEnforce=associations,qos"""

SLURMDBD = """\
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort={ports[3]}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={ports[4]}
StorageUser=root
StorageLoc=slurm
"""


def start(places, run):
    """Start both in a cluster's folder, without anything of an earlier start.

    Parameters
    ----------
    places : what the cluster's configuration is filled with
    run : runs a command that ends, or goes to the background
    """
    folder, port = places["folder"], places["ports"][4]
    data = folder / "database"
    shutil.rmtree(data, ignore_errors=True)
    run(
        "mariadb-install-db",
        "--no-defaults",
        f"--datadir={data}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--user=root",
    )
    run(
        "setsid",
        "--fork",
        "mariadbd",
        "--no-defaults",
        f"--datadir={data}",
        f"--socket={folder}/mariadbd.sock",
        f"--pid-file={folder}/mariadbd.pid",
        "--bind-address=127.0.0.1",
        f"--port={port}",
        "--user=root",
        "--skip-name-resolve",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-buffer-pool-size=16M",
    )
    wait_until(lambda: _answers(port), "mariadbd answers")
    configuration = folder / "slurmdbd.conf"
    configuration.write_text(SLURMDBD.format(**places))
    configuration.chmod(0o600)
    run("slurmdbd")


def _answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as stream:
        return stream.recv(1)
    return False


def register(cluster):
    """Add a cluster with its account and user, once slurmdbd answers."""
    wait_until(lambda: _add("cluster", cluster).returncode == 0, "slurmdbd answers")
    for words in (["account", ACCOUNT], ["user", "root", f"account={ACCOUNT}"]):
        done = _add(*words, f"cluster={cluster}")
        # Who starts a database is a user of it already.
        assert done.returncode == 0 or "othing new added" in done.stdout, (words, done)


def _add(*words):
    words = ["sacctmgr", "--immediate", "--quiet", "add", *words]
    return subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)


@contextlib.contextmanager
def no_default(places):
    """Let no account of root's be the default while inside, as sacctmgr of some versions can."""
    client = ["mariadb", "--no-defaults", f"--socket={places['folder']}/mariadbd.sock"]

    def set_default(where, value):
        table = f"{places['name']}_assoc_table"
        words = [
            "--user=root",
            "slurm",
            f"--execute=UPDATE {table} SET is_def={value} WHERE {where}",
        ]
        subprocess.run([*client, *words], check=True, timeout=SECONDS)

    set_default("user='root'", 0)
    try:
        yield
    finally:
        set_default(f"user='root' AND acct='{ACCOUNT}'", 1)
