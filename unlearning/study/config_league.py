"""Check what a study says of `league`, and the files that it is to be merged with."""

from collections.abc import Iterator

from unlearning.study import exchange
from unlearning.study.design import Config


def league_complaints(config: Config) -> Iterator[str]:
    """Yield what is wrong with ``league.budgets``, and with the records of ``merge``."""
    budgets = config["league"]["budgets"]
    if budgets != sorted(set(budgets)):
        yield "league.budgets: must ascend, without repeats"
    holders: dict[tuple[str, str], str] = {}
    for path in merged_files(config):
        try:
            records = exchange.read(path)
        except ValueError as error:
            yield f"merge: {error}"
            return
        for record in records:
            pair = (record["study"], record["method"])
            if pair in holders:
                yield (
                    f"merge: {exchange.place(path, record)}: {pair[1]} of study {pair[0]} is in "
                    f"{holders[pair]} as well; take one away"
                )
            holders[pair] = path
            for complaint in exchange.apart(record, config):
                yield f"merge: {exchange.place(path, record)}: {complaint}"


def merged_files(config: Config) -> list[str]:
    """Return the files of other groups that a league is to show."""
    merge: str | list[str] | None = config["merge"]
    return [merge] if isinstance(merge, str) else list(merge or [])
