"""What SLURM says of its partitions: how long a job may be there, on which GPUs, in what memory."""

import re
from dataclasses import dataclass
from math import inf

ANY = "*"  # node, with a GPU or without


#: Of sinfo: partition, longest time, megabytes of a node, what it has. A login may greet before it.
LINE = re.compile(r"([^|\s]+)\|([^|]+)\|(\d+)\+?\|([^|]*)")


@dataclass(frozen=True)
class Partition:
    """What a partition offers.

    Attributes
    ----------
    minutes : that a job may take
    gpus : GPUs of each type on one node, at most
    megabytes : memory of a node with a GPU of each type, at most; under `ANY`, of any node
    """

    minutes: float
    gpus: dict[str, int]
    megabytes: dict[str, float]


def limit_minutes(text: str) -> float:
    """Return the minutes of a time limit of SLURM: ``2-12:00:00``, ``30:00`` or ``infinite``.

    Raises
    ------
    ValueError
        When it is no time.
    """
    if text == "infinite":
        return inf
    found = re.fullmatch(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)", text)
    if found is None:
        raise ValueError(f"sinfo: {text!r} is no time limit such as 2-12:00:00, 30:00 or infinite")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return 24 * 60 * days + 60 * hours + minutes + seconds / 60


def gpus(text: str) -> dict[str, int]:
    """Return the GPUs of a node by their type from a list such as ``gpu:a100:4(S:0-1),nvme:1``.

    GPUs without a type count under an empty text.
    """
    found: dict[str, int] = {}
    for kind, count in re.findall(r"\bgpu:(?:(\(null\)|[^:,()]+):)?(\d+)", text):
        kind = kind.replace("(null)", "")
        found[kind] = found.get(kind, 0) + int(count)
    return found


def partitions(text: str, limits: str = "") -> dict[str, Partition]:
    """Read what SLURM says of its partitions.

    Parameters
    ----------
    text : of ``sinfo --noheader --exact --format=%R|%l|%m|%G``, a line for each kind of node of a
        partition; 1 MB is what SLURM says of a node whose memory nobody wrote down
    limits : of ``scontrol show partition --oneliner``, for the memory that a job may ask for

    Returns
    -------
    dict
        Name -> partition.
    """
    found: dict[str, Partition] = {}
    allowed = dict(
        re.findall(r"^PartitionName=(\S+) .*\bMaxMemPerNode=(\d+)", limits, re.MULTILINE)
    )
    for line in text.splitlines():
        if (read := LINE.fullmatch(line.strip())) is None:
            continue  # a greeting of the cluster
        name, limit, memory, resources = read.groups()
        known = found.get(name, Partition(limit_minutes(limit), {}, {}))
        on_node = float(memory) if float(memory) > 1 else inf
        here, within = gpus(resources), min(on_node, float(allowed.get(name, inf)))
        found[name] = Partition(
            known.minutes,
            {kind: max(known.gpus.get(kind, 0), here.get(kind, 0)) for kind in known.gpus | here},
            known.megabytes
            | {kind: max(known.megabytes.get(kind, 0), within) for kind in (ANY, *here)},
        )
    return found
