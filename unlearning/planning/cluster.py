"""Check what jobs ask of a SLURM cluster before any is submitted; a complaint is one sentence."""

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from unlearning.planning.partitions import ANY, Partition, partitions

SETTINGS = "at the top of your own slurm profile or of profiles/slurm/profile.yaml"
PLACEHOLDERS = ("ACCOUNT", "CPU_PARTITION", "GPU_PARTITION")
SECONDS = 60  # that sinfo may take


@dataclass(frozen=True)
class Offer:
    """What a cluster offers.

    Attributes
    ----------
    partitions : by name
    every : whether a job must keep to the limits of each partition that it names, not only of one
    """

    partitions: dict[str, Partition]
    every: bool = False


@dataclass(frozen=True)
class Request:
    """What a job asks for; an empty text stands for nothing asked."""

    rule: str
    account: str = ""
    partition: str = ""
    minutes: float = 0
    gpus: int = 0
    gpu_type: str = ""
    qos: str = ""
    megabytes: float = 0


def request(rule: str, resources: Mapping[str, Any], qos: str | None = None) -> Request:
    """Return what a job of a rule asks for, from the resources that Snakemake found for it.

    A quality of service that is given here holds for all jobs, whatever their resources say.
    """
    minutes, megabytes = resources.get("runtime"), resources.get("mem_mb")
    return Request(
        rule,
        str(resources.get("slurm_account") or ""),
        str(resources.get("slurm_partition") or ""),
        minutes if isinstance(minutes, int | float) else 0,
        int(resources.get("gpu") or 0),
        str(resources.get("gpu_model") or ""),
        str(qos or resources.get("qos") or ""),
        megabytes if isinstance(megabytes, int | float) else 0,
    )


def check(requests: Iterable[Request], offer: Offer) -> None:
    """Refuse what the cluster cannot give.

    Parameters
    ----------
    requests : of the jobs about to be submitted; of several partitions, SLURM takes the first free
    offer : of the cluster

    Raises
    ------
    ValueError
        Names the rule, what it asks for, what there is, and where to change it.
    """
    requests = list(requests)
    _check_set(requests, offer)
    for asked in dict.fromkeys(requests):
        listed = _listed(asked, offer.partitions)
        for places in [[each] for each in listed] if offer.every else [listed]:
            _check_gpus(asked, _together(places))
        longest, most = longest_minutes(asked, offer), most_megabytes(asked, offer)
        if asked.minutes > longest:
            raise ValueError(
                f"rule {asked.rule}: asks for {asked.minutes:g} minutes, and partition "
                f"{asked.partition} allows {longest:g}; set a smaller chunk in the "
                f"study, or choose another partition {SETTINGS}"
            )
        if asked.megabytes > most:
            raise ValueError(
                f"rule {asked.rule}: asks for {asked.megabytes:g} MB of memory, and partition "
                f"{asked.partition} allows {most:g}; set a smaller chunk in the "
                f"study, or choose another partition {SETTINGS}"
            )


def _check_set(requests: Iterable[Request], offer: Offer) -> None:
    """Refuse settings that nobody has made, all of them in one sentence."""
    unset = set()
    for asked in requests:
        if asked.account in ("", *PLACEHOLDERS):
            unset.add("account")
        if asked.partition in ("", *PLACEHOLDERS):
            unset.add("gpu_partition" if asked.gpus else "cpu_partition")
    if unset:
        *others, last = sorted(unset)
        keys = f"{', '.join(others)} and {last} are" if others else f"{last} is"
        raise ValueError(
            f"{keys} not set: run `snakemake profile`, which finds yours and keeps them for "
            f"--profile slurm, or write them at the top of profiles/slurm/profile.yaml; this "
            f"cluster has the partitions {', '.join(offer.partitions)}"
        )


def _listed(asked: Request, offered: Mapping[str, Partition]) -> list[Partition]:
    """Return the partitions that a job names, one or several."""
    names = asked.partition.split(",")
    if {"", *PLACEHOLDERS} & set(names):
        kind = "gpu_partition" if asked.gpus else "cpu_partition"
        raise ValueError(
            f"no partition is set for rule {asked.rule} in the list {asked.partition}: write "
            f"{kind} {SETTINGS}; this cluster has {', '.join(offered)}"
        )
    for name in names:
        if name not in offered:
            raise ValueError(
                f"rule {asked.rule}: this cluster has no partition {name}, it has "
                f"{', '.join(offered)}; choose one, or several as one,other, {SETTINGS}"
            )
    return [offered[name] for name in names]


def longest_minutes(asked: Request, offer: Offer) -> float:
    """Return how long a job may take in the partitions that it names, of those with its GPUs."""
    return (min if offer.every else max)(each.minutes for each in _able(asked, offer))


def most_megabytes(asked: Request, offer: Offer) -> float:
    """Return how much memory a job may ask for in these partitions, beside its GPUs."""
    kinds = [asked.gpu_type] if asked.gpu_type else None
    return (min if offer.every else max)(
        max(each.megabytes[kind] for kind in (kinds or each.gpus if asked.gpus else [ANY]))
        for each in _able(asked, offer)
    )


def _able(asked: Request, offer: Offer) -> list[Partition]:
    """Return the partitions that a job names and that have its GPUs."""
    listed = _listed(asked, offer.partitions)
    return [each for each in listed if _most_gpus(asked, each) >= asked.gpus]


def _most_gpus(asked: Request, partition: Partition) -> int:
    """Return how many GPUs of the wanted type one node of a partition has."""
    if asked.gpu_type:
        return partition.gpus.get(asked.gpu_type, 0)
    return max(partition.gpus.values(), default=0)


def _together(listed: Iterable[Partition]) -> dict[str, int]:
    """Return the most GPUs of each type that a node of any of some partitions has."""
    found: dict[str, int] = {}
    for partition in listed:
        for kind, count in partition.gpus.items():
            found[kind] = max(count, found.get(kind, 0))
    return found


def _check_gpus(asked: Request, on_node: Mapping[str, int]) -> None:
    if not asked.gpus:
        return
    place = f"a node of partition {asked.partition}"
    if not on_node:
        raise ValueError(
            f"rule {asked.rule}: asks for a GPU, and no node of partition {asked.partition} has "
            f"any; set gpu_partition {SETTINGS}"
        )
    if asked.gpu_type and asked.gpu_type not in on_node:
        kinds = ", ".join(kind for kind in on_node if kind) or "GPUs without a type"
        raise ValueError(
            f"rule {asked.rule}: asks for a GPU of type {asked.gpu_type}, and {place} has {kinds}; "
            f"set gpu_type {SETTINGS}"
        )
    most = on_node[asked.gpu_type] if asked.gpu_type else max(on_node.values())
    if asked.gpus > most:
        raise ValueError(
            f"rule {asked.rule}: asks for {asked.gpus} GPUs, and {place} has {most}; "
            "training uses one: set gpu=1"
        )


def check_cluster(requests: Iterable[Request]) -> Offer:
    """Refuse what the cluster that this machine belongs to cannot give, and return what it can.

    Raises
    ------
    ValueError
        As `check` does, and when this machine belongs to none or its controller does not answer.
    """
    if shutil.which("sbatch") is None or shutil.which("sinfo") is None:
        raise ValueError(
            "there is no sbatch on the PATH: run this on a login node of a SLURM cluster, "
            "or leave out --profile to run on this machine"
        )
    kinds = _ask("sinfo", "--noheader", "--exact", "--format=%R|%l|%m|%G")
    limits = _ask("scontrol", "show", "partition", "--oneliner")
    every = re.search(r"^EnforcePartLimits *= *ALL", _ask("scontrol", "show", "config"), re.M)
    offer = Offer(partitions(kinds, limits), every is not None)
    check(requests, offer)
    return offer


def _ask(*command: str) -> str:
    """Return what a command of SLURM prints.

    Raises
    ------
    ValueError
        When the controller does not answer.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ValueError(f"SLURM's controller is silent: {command[0]} took {SECONDS} s") from None
    if done.returncode:
        reason = complaint(command[0], done.stderr)
        raise ValueError(f"SLURM's controller does not answer: {command[0]}: {reason}")
    return done.stdout


def complaint(name: str, errors: str) -> str:
    """Return why a command of SLURM fails: the first line of many, without what it calls itself.

    Parameters
    ----------
    name : of the command
    errors : what it printed
    """
    first = (errors.strip() or "it failed without a word").splitlines()[0]
    return first.removeprefix(f"{name}: ").removeprefix("error: ")
