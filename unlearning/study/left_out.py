"""Methods that a study does without: they cannot be run, or it is told to leave them out."""

from collections.abc import Collection, Iterator
from typing import Any

from unlearning.study import design
from unlearning.study.config import check_form
from unlearning.study.config_methods import method_complaints
from unlearning.study.config_needs import needs_complaints
from unlearning.study.config_words import allowed
from unlearning.study.design import Config


def chosen(config: Config) -> list[str]:
    """Return the methods that the key ``leave_out`` names: a list, or one word.

    Raises
    ------
    ValueError
        When one of them is no method of the study, or the config has another form than it must.
    """
    given = config.get("leave_out")
    if not given:
        return []
    check_form(config)
    names = [name.strip() for name in given.split(",")] if isinstance(given, str) else given
    for name in names:
        if name not in config["methods"]:
            raise ValueError(
                f"config: leave_out: {name!r} is no method of the study; "
                f"{allowed(config['methods'])}"
            )
    return list(names)


def broken(config: Config) -> dict[str, str]:
    """Return the methods in files of a user's own that cannot be run, and what is first wrong.

    What is wrong with any other part of a study, a method of this repository among them, is for
    `unlearning.study.config.check`.

    Parameters
    ----------
    config : the study, after overlays have been merged

    Returns
    -------
    dict
        Name of the method -> one sentence, which begins with ``config:`` and the key.

    Raises
    ------
    ValueError
        When the config has another form than it must.
    """
    methods = config.get("methods")
    if not isinstance(methods, dict) or not any(map(_has_file, methods.values())):
        return {}
    check_form(config)
    found = {}
    for name in filter(lambda name: _has_file(methods[name]), methods):
        try:
            for complaint in _complaints(name, config):
                raise ValueError(f"config: {complaint}")
        except ValueError as error:
            found[name] = str(error)
    return found


def _has_file(method: Any) -> bool:
    return isinstance(method, dict) and bool(method.get("file"))


def _complaints(name: str, config: Config) -> Iterator[str]:
    method = config["methods"][name]
    yield from method_complaints(name, method, config)
    yield from needs_complaints(name, method, config)


def leave_out(config: Config, sentences: dict[str, str], names: Collection[str] = ()) -> list[str]:
    """Take methods out of whatever a study runs and draws, in place.

    Their stanzas stay, for what they ask pretrained members to keep on their way: a mistake in a
    method is no reason to train these again.

    Parameters
    ----------
    config : the study
    sentences : of each method that cannot be run, what is wrong
    names : of methods that it was told to leave out; where the influence of forget sets is asked of
        one of them, it is not asked

    Returns
    -------
    list of str
        Those with a sentence that were asked for, so that something is missing.

    Raises
    ------
    ValueError
        The sentence of a method, where nothing is left of what it was asked for.
    """
    out = {*sentences, *names}
    alone = (config["influence"] or {}).get("method")
    if alone in names:
        config["influence"] = None
    elif alone in sentences:
        raise ValueError(sentences[alone])
    asked = set()
    places = {"run": config["run"], "stability": config["stability"]}
    places |= {f"figures.{name}": place for name, place in config["figures"].items()}
    for key, place in places.items():
        missing = [name for name in place.get("methods", []) if name in out]
        asked.update(missing)
        if missing:
            place["methods"] = [name for name in place["methods"] if name not in out]
            if not place["methods"]:
                raise ValueError(sentences.get(missing[0]) or _nothing_left(key, missing))
    for name in out:
        if not _has_runs(config["methods"][name]):
            del config["methods"][name]
    return sorted(asked - {*names})


def _nothing_left(key: str, missing: list[str]) -> str:
    return (
        f"config: leave_out: without {' and '.join(missing)} no method is left of {key}.methods; "
        "name another one there"
    )


def _has_runs(method: Config) -> bool:
    try:
        return bool(design.trajectories(method))
    except ValueError:
        return False


def runnable(config: Config, left_out: Collection[str]) -> list[str]:
    """Return the names of the methods of which jobs can be made."""
    return [name for name in config["methods"] if name not in left_out]
