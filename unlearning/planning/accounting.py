"""Learn before any job how the end of one is found, and whether its account is known."""

import os
import pwd
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

from unlearning.planning.cluster import SETTINGS, Request, complaint

SECONDS = 60  # that a command of SLURM may take
ENFORCED = {"associations", "limits", "qos", "safe", "wckeys", "all"}  # each means: accounts, too


@dataclass(frozen=True)
class Configuration:
    """What SLURM says of itself.

    Attributes
    ----------
    records : whether a database keeps jobs that have ended
    enforced : what of the database a job is held to, in SLURM's words
    remembered : seconds that the controller knows a job after its end
    """

    records: bool = True
    enforced: frozenset[str] = frozenset()
    remembered: float = 300  # SLURM's default


@dataclass(frozen=True)
class Looks:
    """How the ends of jobs are found.

    Attributes
    ----------
    tools : of ``squeue`` and ``sacct``, those that are asked, the later for what the first lacks
    longest : seconds from one look to the next, at most
    sentence : says so
    """

    tools: tuple[str, ...]
    longest: float
    sentence: str


def configuration(text: str) -> Configuration:
    """Read ``scontrol show config``; what it does not say is as SLURM's default."""
    entries = dict(re.findall(r"^(\w+) *= *(.*?) *$", text, re.MULTILINE))
    kind = entries.get("AccountingStorageType", "")
    enforced = frozenset(entries.get("AccountingStorageEnforce", "").lower().split(","))
    age = re.match(r"\d+", entries.get("MinJobAge", ""))
    return Configuration(
        kind not in ("accounting_storage/none", "(null)") and "nojobs" not in enforced,
        enforced,
        # 0 stands for never forgotten.
        (float(age[0]) or inf) if age else Configuration.remembered,
    )


def looks(known: Configuration, obstacle: str, first: float) -> Looks:
    """Decide how the ends of jobs are found.

    Parameters
    ----------
    known : what SLURM says of itself
    obstacle : why ``sacct`` cannot be asked; empty where it can
    first : seconds from the submission of a job to the first look

    Raises
    ------
    ValueError
        When a job could be forgotten before the first look: says what to set.
    """
    if not known.records:
        obstacle = "this cluster keeps no accounting"
    if not obstacle:
        return Looks(
            ("squeue", "sacct"),
            inf,
            "Jobs are watched with squeue, and with sacct when squeue has forgotten them.",
        )
    # Two looks may fail before a job is forgotten.
    longest = inf if known.remembered == inf else max(1, known.remembered // 3)
    if first > longest:
        raise ValueError(
            f"SLURM forgets a job {known.remembered:g} s after its end (MinJobAge), and sacct "
            f"cannot tell what became of it ({obstacle}): add the line `slurm-init-seconds-"
            f"before-status-checks: {longest:g}` to the profile that you run with"
        )
    time = "" if known.remembered == inf else f", {known.remembered:g} s long"
    return Looks(
        ("squeue", "sacct") if known.records else ("squeue",),
        longest,
        f"Jobs are watched with squeue, which knows them after their end{time}; "
        f"sacct cannot be asked: {obstacle}.",
    )


def associations(text: str) -> dict[str, set[str]]:
    """Read ``sacctmgr show associations format=account,qos``: account -> qualities of service."""
    found: dict[str, set[str]] = {}
    for line in text.split():
        account, _, qos = line.partition("|")
        found.setdefault(account.lower(), set()).update(filter(None, qos.split(",")))
    return found


def check_accounts(
    requests: Iterable[Request],
    user: str,
    yours: Mapping[str, set[str]],
    enforced: frozenset[str],
) -> list[str]:
    """Refuse accounts and qualities of service that the user does not have.

    Parameters
    ----------
    requests : of the jobs about to be submitted
    user : who submits them
    yours : account -> the qualities of service that it may ask for; what `associations` reads
    enforced : see `Configuration`

    Returns
    -------
    list of str
        A sentence about each account that could be wrong.

    Raises
    ------
    ValueError
        Names what the job asks for, what the user has, and where to change it.
    """
    doubts = []
    for account, qos in dict.fromkeys((asked.account, asked.qos) for asked in requests):
        for name in filter(None, re.split(r"[,\s]+", account)):
            if not yours:
                doubts.append(f"Account {name} cannot be checked: SLURM lists none of {user}.")
                continue
            known = yours.get(name.lower())
            if known is None and not enforced & ENFORCED:
                doubts.append(f"Account {name} is not of {user}; SLURM takes any here.")
            elif known is None:
                raise ValueError(
                    f"{user} has no SLURM account {name}, but {', '.join(yours)}: write one of "
                    f"them {SETTINGS}"
                )
            elif qos and known and qos not in known and enforced & {"qos", "all"}:
                raise ValueError(
                    f"account {name} of {user} has no quality of service {qos}, but "
                    f"{', '.join(sorted(known))}: choose one of them for --slurm-qos"
                )
    return list(dict.fromkeys(doubts))


def prepare(requests: Iterable[Request], first: float) -> tuple[Looks, list[str]]:
    """Ask the cluster of this machine how the ends of jobs are found, and for the accounts.

    Parameters
    ----------
    requests : of the jobs about to be submitted
    first : seconds from the submission of a job to the first look

    Returns
    -------
    Looks
        How they are found.
    list of str
        What the user should know of the accounts.

    Raises
    ------
    ValueError
        As `looks` and `check_accounts` do.
    """
    requests = list(requests)
    known = configuration(ask("scontrol", "show", "config")[0])
    # As the executor asks, so that what fails for it fails here.
    obstacle = ask("sacct", "--allocations", "--noheader", "--clusters=all", "--name=none")[1]
    found = looks(known, obstacle, first)
    if not known.records:
        names = ", ".join(dict.fromkeys(asked.account for asked in requests))
        return found, [f"Account {names} cannot be checked: this cluster keeps no accounting."]
    user = pwd.getpwuid(os.getuid()).pw_name
    words = ("--noheader", "--parsable2", "show", "associations", f"user={user}")
    listed, obstacle = ask("sacctmgr", *words, "format=account,qos")
    if obstacle:
        names = ", ".join(dict.fromkeys(asked.account for asked in requests))
        return found, [f"Account {names} cannot be checked: {obstacle}."]
    return found, check_accounts(requests, user, associations(listed), known.enforced)


def ask(*command: str) -> tuple[str, str]:
    """Return what a command of SLURM prints, and why it cannot be relied on."""
    name = command[0]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except FileNotFoundError:
        return "", f"there is no {name} on the PATH"
    except subprocess.TimeoutExpired:
        return "", f"{name} took more than {SECONDS} s"
    if done.returncode:
        return "", f"{name}: {complaint(name, done.stderr)}"
    return done.stdout, ""
