"""What SLURM says of a cluster, and of a person on it: partitions, their GPUs, accounts."""

import os
import pwd
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from math import inf

from unlearning.planning.accounting import ENFORCED, ask, configuration
from unlearning.planning.partitions import gpus, limit_minutes

#: What a command has printed, and why it cannot be relied on: what `accounting.ask` returns.
Answer = Sequence[str]

#: How long a job may take, memory of a node, GPUs: a line for each kind of node of a partition.
SINFO = ("sinfo", "--noheader", "--exact", "--format=%P|%a|%l|%m|%G")
#: More that a line could hold; what does not look like one is a greeting of the site.
LINE = re.compile(r"([^|\s*]+)(\*?)\|(\w+)\|([^|]+)\|(\d+)\+?\|([^|]*)")


@dataclass(frozen=True)
class Partition:
    """What a partition is to a person who looks for one.

    Attributes
    ----------
    default : whether jobs go there that name none
    minutes : that a job may take
    megabytes : memory of a node, at most; infinite where nobody wrote it down
    gpus : GPUs of each type on one node, at most
    bare : whether it has nodes without a GPU
    takes : accounts whose jobs it takes; None takes all
    refuses : accounts whose jobs it refuses
    """

    default: bool = False
    minutes: float = inf
    megabytes: float = inf
    gpus: dict[str, int] = field(default_factory=dict)
    bare: bool = False
    takes: frozenset[str] | None = None
    refuses: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Accounts:
    """What a person's jobs may be charged to.

    Attributes
    ----------
    partitions : account -> partitions that it holds for; an empty name stands for all
    default : what SLURM charges where nothing is said; empty where that is unknown
    kept : whether the cluster has accounts at all
    enforced : whether it refuses others
    obstacle : why they cannot be known; empty where they are
    """

    partitions: dict[str, set[str]] = field(default_factory=dict)
    default: str = ""
    kept: bool = True
    enforced: bool = True
    obstacle: str = ""


@dataclass(frozen=True)
class Site:
    """A cluster, as one person sees it."""

    user: str
    partitions: dict[str, Partition]
    accounts: Accounts

    def admits(self, name: str, account: str) -> bool:
        """Return whether a partition takes the jobs of an account; of none, those of any.

        Where the cluster does not enforce accounts, every partition takes those of all.
        """
        partition, account = self.partitions[name], account.lower()
        held = self.accounts.partitions.get(account, {""})
        return not (account and self.accounts.enforced) or (
            account not in partition.refuses
            and (partition.takes is None or account in partition.takes)
            and bool({"", name} & held)
        )


def this_user() -> str:
    """Return the name of whoever runs this."""
    return pwd.getpwuid(os.getuid()).pw_name


@cache
def ask_slurm(user: str) -> list[list[str]]:
    """Ask SLURM all that `read` reads: at once, so that what hangs is waited for once."""
    listed = ("sacctmgr", "--noheader", "--parsable2", "show")
    commands = [
        SINFO,
        ("scontrol", "show", "partition", "--oneliner"),
        ("scontrol", "show", "config"),
        (*listed, "associations", f"user={user}", "format=cluster,account,partition"),
        (*listed, "user", user, "format=defaultaccount"),
    ]
    with ThreadPoolExecutor(len(commands)) as pool:
        return [list(answer) for answer in pool.map(lambda words: ask(*words), commands)]


def read(user: str, answers: Iterable[Answer]) -> Site:
    """Read what SLURM has answered.

    Raises
    ------
    ValueError
        When it does not say which partitions there are.
    """
    (listed, obstacle), (shown, _), (config, _), associations, default = answers
    where = "run `snakemake profile` on a login node of a SLURM cluster"
    if obstacle:
        raise ValueError(f"{obstacle}: {where} that answers")
    found = partitions(listed, shown)
    if not found:
        raise ValueError(f"sinfo lists no partition that takes jobs: {where} that has one")
    return Site(user, found, accounts(config, associations, default))


def partitions(listed: str, shown: str) -> dict[str, Partition]:
    """Read the partitions that are up.

    Parameters
    ----------
    listed : of `SINFO`
    shown : of ``scontrol show partition --oneliner``, for who may use them

    Returns
    -------
    dict
        Name -> partition, in SLURM's order.
    """
    limits = dict(re.findall(r"^PartitionName=(\S+) (.*)$", shown, re.MULTILINE))
    found: dict[str, Partition] = {}
    for line in listed.splitlines():
        if (read_line := LINE.fullmatch(line.strip())) is None:
            continue
        name, star, state, longest, memory, resources = read_line.groups()
        fields = dict(re.findall(r"(\w+)=(\S*)", limits.get(name, "")))
        if state != "up" or fields.get("RootOnly") == "YES":
            continue
        known, here = found.get(name), gpus(resources)
        most = known.gpus if known else {}
        takes, refuses = fields.get("AllowAccounts", "ALL"), fields.get("DenyAccounts", "")
        # 1 MB is what SLURM says of a node whose memory nobody wrote down.
        on_node = float(memory) if float(memory) > 1 else inf
        found[name] = Partition(
            bool(star),
            limit_minutes(longest),
            max(on_node, known.megabytes) if known else on_node,
            {kind: max(most.get(kind, 0), here.get(kind, 0)) for kind in most | here},
            not here or (known is not None and known.bare),
            None if takes == "ALL" else frozenset(takes.lower().split(",")),
            frozenset(filter(None, refuses.lower().split(","))),
        )
    return found


def accounts(config: str, associations: Answer, default: Answer) -> Accounts:
    """Read the accounts of a person.

    Parameters
    ----------
    config : of ``scontrol show config``
    associations : answer to ``sacctmgr show associations format=cluster,account,partition``
    default : answer to ``sacctmgr show user format=defaultaccount``
    """
    entries = dict(re.findall(r"^(\w+) *= *(.*?) *$", config, re.MULTILINE))
    kept = entries.get("AccountingStorageType", "") not in ("accounting_storage/none", "(null)")
    enforced = bool(configuration(config).enforced & ENFORCED)
    text, obstacle = associations
    if obstacle or not kept:
        return Accounts(kept=kept, enforced=enforced, obstacle=obstacle)
    found: dict[str, set[str]] = {}
    for line in text.split():
        cluster, _, rest = line.partition("|")
        account, _, partition = rest.partition("|")
        # One database may keep the accounts of several clusters.
        if account and cluster == entries.get("ClusterName", cluster):
            found.setdefault(account.lower(), set()).add(partition)
    usual = default[0].strip().lower()
    return Accounts(found, usual if usual in found else "", kept, enforced)
