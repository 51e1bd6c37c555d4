"""Choose a person's account and partitions from what SLURM says, or find out what to ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unlearning.planning.site import Site

#: What is chosen, in the order in which one follows from another.
KEYS = ("account", "cpu_partition", "gpu_partition", "gpu_type")

#: What a cluster without accounts is given: it takes any word.
ANY_ACCOUNT = "any"

#: Minutes that a job is given whose rule says nothing: a partition for shorter ones is not chosen.
USUAL_MINUTES = 60


@dataclass(frozen=True)
class Choice:
    """What was chosen, and why."""

    value: str
    reason: str


@dataclass(frozen=True)
class Question:
    """What SLURM cannot say.

    Attributes
    ----------
    key : what is to be said, of `KEYS`
    options : what there is to choose from; none where nothing is known
    reason : why it cannot be known
    """

    key: str
    options: tuple[str, ...]
    reason: str


def said(config: Mapping[str, Any]) -> dict[str, str | None]:
    """Return what a person has said of `KEYS` by ``--config``, which reads names as numbers."""
    return {key: None if config[key] is None else str(config[key]) for key in KEYS}


def choose(site: Site, given: Mapping[str, str | None]) -> tuple[dict[str, Choice], list[Question]]:
    """Choose what is known, and find the questions that are left.

    Parameters
    ----------
    site : the cluster
    given : key -> what a person has said; None where nothing was

    Raises
    ------
    ValueError
        When the person has said what the cluster does not have.
    """
    chosen: dict[str, Choice] = {}
    questions: list[Question] = []
    for key, find in zip(KEYS, (_account, _cpu_partition, _gpu_partition, _gpu_type), strict=True):
        found = find(site, given.get(key) or "", chosen)
        if isinstance(found, Question):
            questions.append(found)
        else:
            chosen[key] = found
    return chosen, questions


def _account(site: Site, said: str, chosen: Mapping[str, Choice]) -> Choice | Question:
    accounts = site.accounts
    names = tuple(accounts.partitions)
    if said:
        if names and accounts.enforced and said.lower() not in names:
            raise ValueError(
                f"account: {site.user} has no SLURM account {said}, but {', '.join(names)}"
            )
        return Choice(said, _of("as you said", names))
    if not accounts.kept:
        return Choice(ANY_ACCOUNT, "this cluster keeps no accounts, any word will do")
    if accounts.obstacle:
        return Question("account", (), accounts.obstacle)
    if len(names) == 1:
        return Choice(names[0], "your only one")
    if accounts.default:
        return Choice(accounts.default, _of("your default", names))
    if not names and not accounts.enforced:
        return Choice(ANY_ACCOUNT, f"SLURM lists none of {site.user}, and takes any word")
    if not names:
        return Question("account", (), f"SLURM lists none of {site.user}")
    return Question("account", names, "you have several, and none is your default")


def _cpu_partition(site: Site, said: str, chosen: Mapping[str, Choice]) -> Choice | Question:
    if said:
        return _said("cpu_partition", site, said)
    usable = _usable(site, chosen)
    # At best no node is kept from those who need its GPU.
    classes = (
        [name for name in usable if not site.partitions[name].gpus],
        [name for name in usable if site.partitions[name].bare],
        usable,
    )
    for names, what in zip(classes, ("without GPUs", "with nodes without GPUs", ""), strict=True):
        if names:
            return _one_of("cpu_partition", site, names, what)
    return _none("cpu_partition", site, chosen)


def _gpu_partition(site: Site, said: str, chosen: Mapping[str, Choice]) -> Choice | Question:
    if said:
        if not any(site.partitions[name].gpus for name in _names("gpu_partition", site, said)):
            having = [name for name, each in site.partitions.items() if each.gpus]
            raise ValueError(
                f"gpu_partition: no node of partition {said} has a GPU"
                + (f"; those of {', '.join(having)} have" if having else "")
            )
        return _said("gpu_partition", site, said)
    usable = _usable(site, chosen)
    whole = [name for name in usable if not site.partitions[name].bare]
    mixed = [name for name in usable if site.partitions[name].gpus]
    if whole:
        return _one_of("gpu_partition", site, whole, "with GPUs")
    if mixed:
        return _one_of("gpu_partition", site, mixed, "with nodes with GPUs")
    if any(each.gpus for each in site.partitions.values()):
        return _none("gpu_partition", site, chosen, "with GPUs ")
    return Choice("", "no partition here has GPUs: what would have one runs without, and slowly")


def _gpu_type(site: Site, said: str, chosen: Mapping[str, Choice]) -> Choice:
    partition = chosen["gpu_partition"].value if "gpu_partition" in chosen else ""
    names = filter(None, partition.split(","))
    kinds = dict.fromkeys(kind for name in names for kind in site.partitions[name].gpus)
    types = tuple(kind for kind in kinds if kind)
    if said and "gpu_partition" in chosen and said not in types:
        raise ValueError(
            f"gpu_type: {partition or 'this cluster'} has "
            f"{', '.join(types) or 'no GPUs with a type'}, not {said}"
        )
    return Choice(said, _of("as you said" if said else "takes any", types))


def _usable(site: Site, chosen: Mapping[str, Choice]) -> list[str]:
    """Return the partitions that take an account's jobs, long enough ones if there are any."""
    account = chosen["account"].value if "account" in chosen else ""
    names = [name for name in site.partitions if site.admits(name, account)]
    long = [name for name in names if site.partitions[name].minutes >= USUAL_MINUTES]
    return long or names


def _one_of(key: str, site: Site, names: Sequence[str], what: str) -> Choice | Question:
    if len(names) == 1:
        return Choice(names[0], f"the only one {what}".strip())
    for name in names:
        if site.partitions[name].default:
            return Choice(name, _of("this cluster's default", names))
    return Question(key, tuple(names), f"there are several {what}".strip() + ", no default")


def _none(key: str, site: Site, chosen: Mapping[str, Choice], what: str = "") -> Question:
    account = chosen["account"].value if "account" in chosen else "yours"
    return Question(key, (), f"no partition {what}takes jobs of account {account}")


def _said(key: str, site: Site, said: str) -> Choice:
    _names(key, site, said)
    return Choice(said, _of("as you said", tuple(site.partitions)))


def _names(key: str, site: Site, said: str) -> list[str]:
    """Return the partitions that a person has named, one or several."""
    names = said.split(",")
    for name in names:
        if name not in site.partitions:
            raise ValueError(
                f"{key}: this cluster has no partition {name} that takes jobs, but "
                f"{', '.join(site.partitions)}; choose one, or several as one,other"
            )
    return names


def _of(what: str, names: Sequence[str]) -> str:
    return f"{what}, of {', '.join(names)}" if names else what
