"""Choose a person's account and partitions from what SLURM says, or find out what to ask for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unlearning.planning.site import Site

#: What is chosen, in the order in which one follows from another.
KEYS = ("account", "cpu_partition", "gpu_partition", "gpu_type")

#: What a person has said of each of them; empty where nothing was.
Said = Mapping[str, str]

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
        When the person has said what the cluster does not have, or not for that account.
    """
    chosen: dict[str, Choice] = {}
    questions: list[Question] = []
    said = {key: given.get(key) or "" for key in KEYS}
    for key, find in zip(KEYS, (_account, _cpu_partition, _gpu_partition, _gpu_type), strict=True):
        found = find(site, said, chosen)
        if isinstance(found, Question):
            questions.append(found)
        else:
            chosen[key] = found
    return chosen, questions


def _account(site: Site, given: Said, chosen: Mapping[str, Choice]) -> Choice | Question:
    accounts, said = site.accounts, given["account"]
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
    if not names and not accounts.enforced:
        return Choice(ANY_ACCOUNT, f"SLURM lists none of {site.user}, and takes any word")
    if not names:
        return Question("account", (), f"SLURM lists none of {site.user}")
    able = tuple(name for name in names if _suffices(site, name, given)) or names
    if accounts.default in able:
        return Choice(accounts.default, _of("your default", names))
    if len(able) == 1:
        return Choice(able[0], _of("the only one that has the partitions needed", names))
    if accounts.default:
        lacking = f"your default, {accounts.default}, has not the partitions needed"
        return Question("account", able, lacking)
    return Question("account", able, "you have several, and none is your default")


def _suffices(site: Site, account: str, given: Said) -> bool:
    """Return whether the partitions that a person has said, or some of each kind, take an account.

    Names that the cluster does not have are for others to refuse.
    """
    with_gpus = [name for name, each in site.partitions.items() if each.gpus]
    for key, fit in (("cpu_partition", [*site.partitions]), ("gpu_partition", with_gpus)):
        named = [name for name in given[key].split(",") if name in site.partitions]
        admitted = [site.admits(name, account) for name in named or fit]
        if admitted and not (all(admitted) if named else any(admitted)):
            return False
    return True


def _cpu_partition(site: Site, given: Said, chosen: Mapping[str, Choice]) -> Choice | Question:
    if given["cpu_partition"]:
        return _said("cpu_partition", site, given, chosen)
    usable = _usable(site, chosen, site.partitions)
    # At best no node is kept from those who need its GPU.
    classes = (
        [name for name in usable if not site.partitions[name].gpus],
        [name for name in usable if site.partitions[name].bare],
        usable,
    )
    for names, what in zip(classes, ("without GPUs", "with nodes without GPUs", ""), strict=True):
        if names:
            return _one_of("cpu_partition", site, names, what)
    account = chosen["account"].value
    raise ValueError(f"account: no partition takes jobs of {account}{_but(site, site.partitions)}")


def _gpu_partition(site: Site, given: Said, chosen: Mapping[str, Choice]) -> Choice | Question:
    having = [name for name, each in site.partitions.items() if each.gpus]
    if said := given["gpu_partition"]:
        if not {*having} & {*_names("gpu_partition", site, said)}:
            raise ValueError(
                f"gpu_partition: no node of partition {said} has a GPU"
                + (f"; those of {', '.join(having)} have" if having else "")
            )
        return _said("gpu_partition", site, given, chosen)
    without = "what would have one runs without, and slowly"
    if not having:
        return Choice("", f"no partition here has GPUs: {without}")
    usable = _usable(site, chosen, having)
    whole = [name for name in usable if not site.partitions[name].bare]
    if usable:
        what = "with GPUs" if whole else "with nodes with GPUs"
        return _one_of("gpu_partition", site, whole or usable, what)
    account = chosen["account"].value
    lacking = f"no partition with GPUs takes jobs of {account}"
    if site.accounts.partitions and not any(
        site.admits(name, each) for name in having for each in site.accounts.partitions
    ):
        return Choice("", f"{lacking}, nor of another account of {site.user}: {without}")
    raise ValueError(f"account: {lacking}{_but(site, having)}")


def _gpu_type(site: Site, given: Said, chosen: Mapping[str, Choice]) -> Choice:
    said = given["gpu_type"]
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


def _usable(site: Site, chosen: Mapping[str, Choice], partitions: Iterable[str]) -> list[str]:
    """Return which partitions take an account's jobs, long enough ones if there are any."""
    account = chosen["account"].value if "account" in chosen else ""
    names = [name for name in partitions if site.admits(name, account)]
    long = [name for name in names if site.partitions[name].minutes >= USUAL_MINUTES]
    return long or names


def _one_of(key: str, site: Site, names: Sequence[str], what: str) -> Choice | Question:
    if len(names) == 1:
        return Choice(names[0], f"the only one {what}".strip())
    for name in names:
        if site.partitions[name].default:
            return Choice(name, _of("this cluster's default", names))
    return Question(key, tuple(names), f"there are several {what}".strip() + ", no default")


def _said(key: str, site: Site, given: Said, chosen: Mapping[str, Choice]) -> Choice:
    """Take the partitions that a person has named, unless they refuse the account."""
    account = chosen["account"].value if "account" in chosen else ""
    for name in _names(key, site, given[key]):
        if not site.admits(name, account):
            raise ValueError(
                f"{key}: partition {name} takes no jobs of account {account}{_but(site, [name])}"
            )
    return Choice(given[key], _of("as you said", tuple(site.partitions)))


def _but(site: Site, partitions: Iterable[str]) -> str:
    """Say which accounts some partitions take: of the person's, where these are known."""
    names = [*partitions]
    listed = sorted({each for name in names for each in site.partitions[name].takes or ()})
    every = site.accounts.partitions or listed
    taken = [each for each in every if any(site.admits(name, each) for name in names)]
    if taken:
        return f", but of {', '.join(taken)}"
    return f", but of {', '.join(listed)}, none of which {site.user} has" if listed else ""


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
