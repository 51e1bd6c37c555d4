"""A person's own profile for SLURM: what goes into it, and what a person has made of it since."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from math import inf, isfinite
from pathlib import Path
from typing import Any

import yaml

from unlearning.planning.choosing import KEYS, Choice, Question, choose
from unlearning.planning.site import Partition, Site, read

#: Asks a person a question, and returns what was typed; `input` is one.
Ask = Callable[[str], str]

HOUR, DAY = 60, 24 * 60  # minutes


@dataclass(frozen=True)
class Proposal:
    """What is chosen and, where there is no profile yet, written.

    Attributes
    ----------
    choices : each with its reason, a line each
    text : of the profile
    differences : from the profile that is there, line by line; empty where it says the same
    """

    choices: str
    text: str
    differences: str = ""


def check(params: Any, *, asks: bool) -> None:
    """Refuse in one sentence what cannot be carried out, before anything is.

    Parameters
    ----------
    params : of the rule: ``user``, ``answers``, ``given``, ``place``, ``existing``
    asks : whether somebody sits there who can be asked

    Raises
    ------
    ValueError
        When SLURM does not answer, when a person said what is not there, must be asked and is not
        there, or has no place for the profile: names what to do.
    """
    chosen, questions = choose(read(params.user, params.answers), params.given)
    if params.existing:
        file = params.existing[-1]
        if not (os.path.isfile(file) and os.access(file, os.R_OK)):
            raise ValueError(f"{file} is there and cannot be read: mend that, or move it away")
        return
    folder = next(each for each in Path(params.place).parents if os.path.lexists(each))
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        values = [f"{key}: {choice.value}" for key, choice in chosen.items() if choice.value]
        raise ValueError(
            f"{params.place} cannot be written, {folder} being no folder that you may write to: "
            f"mend that, or write {', '.join(values)} at the top of profiles/slurm/profile.yaml"
        )
    if questions and not asks:
        raise ValueError(_sentence(questions))


def terminal() -> bool:
    """Return whether somebody sits there who can be asked."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _sentence(questions: list[Question]) -> str:
    said = [
        f"{each.key}: {each.reason}" + (f" ({', '.join(each.options)})" if each.options else "")
        for each in questions
    ]
    examples = [f"{each.key}={next(iter(each.options), 'NAME')}" for each in questions]
    return f"{'; '.join(said)}: say which, as in `snakemake profile --config {' '.join(examples)}`"


def propose(
    site: Site,
    given: Mapping[str, str | None],
    template: str,
    *,
    existing: str | None = None,
    ask: Ask | None = None,
) -> Proposal:
    """Return the profile for a cluster.

    Parameters
    ----------
    site : the cluster
    given : key -> what a person has said; None where nothing was
    template : of the profile
    existing : the text of the profile that is there
    ask : asks the person, where somebody can be asked and there is no profile
    """
    if existing is None:
        chosen = _asked(site, given, ask)
    else:
        chosen = _as_far_as_known(site, given, existing)
    text = filled(template, chosen)
    lines = [f"{key}: {choice.value or '-'} ({choice.reason})" for key, choice in chosen.items()]
    differing = "" if existing is None else differences(existing, text)
    return Proposal("\n".join(lines), text, differing)


def differences(existing: str, text: str) -> str:
    """Return the lines that only one of two has: - of the one that is there, + of the new one."""
    compared = unified_diff(existing.splitlines(), text.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in [*compared][2:] if not line.startswith("@@"))


def _asked(site: Site, given: Mapping[str, str | None], ask: Ask | None) -> dict[str, Choice]:
    """Choose, and ask what cannot be known until there is nothing left to ask.

    Raises
    ------
    ValueError
        When nobody answers.
    """
    while True:
        chosen, questions = choose(site, given)
        if not questions:
            return chosen
        if ask is None:
            raise ValueError(_sentence(questions))
        given = {**given, questions[0].key: _answer(site, given, questions[0], ask)}


def _answer(site: Site, given: Mapping[str, str | None], question: Question, ask: Ask) -> str:
    """Ask a question until the answer is one that the cluster takes."""
    options = f" ({', '.join(question.options)})" if question.options else ""
    prompt = text = f"{question.key}: {question.reason}{options}; which? "
    while True:
        try:
            answer = ask(text).strip()
            choose(site, {**given, question.key: answer})
        except EOFError:
            raise ValueError(f"{question.key} was not said: nothing is written") from None
        except ValueError as error:
            text = f"{error}\n{prompt}"
        else:
            if answer:
                return answer


def _as_far_as_known(
    site: Site, given: Mapping[str, str | None], existing: str
) -> dict[str, Choice]:
    """Choose, with what a profile says as the answers to what cannot be known."""
    said = settings(existing)
    _, questions = choose(site, given)
    for key in [each.key for each in questions]:
        try:
            choose(site, {**given, key: said.get(key)})
        except ValueError:
            continue  # the cluster has changed
        given = {**given, key: given.get(key) or said.get(key)}
    chosen, questions = choose(site, given)
    for each in questions:
        chosen[each.key] = Choice(" or ".join(each.options) or "?", each.reason)
    return {key: chosen[key] for key in KEYS}


def settings(profile: str) -> dict[str, str]:
    """Return what a profile sets of `KEYS`; nothing of one that cannot be read."""
    try:
        variables = yaml.safe_load(profile)["__variables__"]
        return {key: str(variables[key]) for key in KEYS if key in variables}
    except (yaml.YAMLError, TypeError, KeyError):
        return {}


def filled(template: str, chosen: Mapping[str, Choice]) -> str:
    """Return a profile from its template, with each choice and why it was taken."""
    for key, choice in chosen.items():
        line: str = yaml.safe_dump({key: choice.value}, width=inf).strip()
        template = template.replace(f"{key}: {key.upper()}\n", f"{line} # {choice.reason}\n")
    return template


def set_aside(file: str, said: Mapping[str, Any]) -> str:
    """Tell that the profile of a site does not count beside a person's own, and what it says.

    Parameters
    ----------
    file : the profile of the site
    said : what it says, key -> value or values; nothing where it cannot be read
    """
    lines = [
        f"  {key}: {value}"
        for key, values in said.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    head = f"{file} is the profile of your site, and does not count beside one of your own."
    if not lines:
        return f"{head} It cannot be read, or says nothing."
    return "\n".join([f"{head} Of what it says copy into yours what you need:", *lines])


def describe(site: Site) -> str:
    """Return what was found, as a table."""
    names = [
        f"{name} (default)" if name == site.accounts.default else name
        for name in site.accounts.partitions
    ]
    none = site.accounts.obstacle if site.accounts.kept else "this cluster keeps none"
    lines = [f"accounts of {site.user}: {', '.join(names) or none or 'none'}"]
    rows = [("partition", "longest job", "memory of a node", "GPUs of a node")]
    for name, each in site.partitions.items():
        memory = f"{each.megabytes / 1000:.0f} GB" if isfinite(each.megabytes) else "not said"
        star = " (default)" if each.default else ""
        rows.append((name + star, duration(each.minutes), memory, _gpus(each)))
    widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        lines.append("  " + "".join(cell.ljust(width) for cell, width in cells).rstrip())
    return "\n".join(lines)


def duration(minutes: float) -> str:
    """Return a time limit in its largest unit: ``2 days``, ``12 h``, ``30 min``."""
    if minutes == inf:
        return "no limit"
    if minutes >= 2 * DAY or minutes == DAY:
        return f"{minutes / DAY:.3g} days".replace("1 days", "1 day")
    return f"{minutes / HOUR:.3g} h" if minutes >= HOUR else f"{minutes:.3g} min"


def _gpus(partition: Partition) -> str:
    kinds = [f"{count} {kind}".strip() for kind, count in partition.gpus.items()]
    if partition.bare:
        kinds.append("or none" if kinds else "none")
    return ", ".join(kinds)


def write(place: Path, text: str) -> None:
    """Write a profile where there is none; whole or not at all.

    Raises
    ------
    FileExistsError
        When there is one.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("x") as file:
        try:
            file.write(text)
            file.flush()
        except OSError:
            place.unlink()
            raise
