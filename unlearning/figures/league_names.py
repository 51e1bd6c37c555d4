"""What the figure of a league calls its entries: whose they are, and what they are given."""

from collections.abc import Iterable

import pandas as pd

from unlearning.study.method_names import OURS, THEIRS, TOLD, method_name


def marks_of(sources: Iterable[str]) -> dict[str, str]:
    """Return the mark of each source: none for this study, numbered where several are others'."""
    others = [source for source in dict.fromkeys(sources) if source != OURS]
    numbers = [""] if len(others) == 1 else [str(number + 1) for number in range(len(others))]
    return {OURS: "", **{source: THEIRS + n for source, n in zip(others, numbers, strict=True)}}


def entry_name(method: str, mark: str, told: bool) -> str:
    """Return the name of a method with its marks: told the answer, another group's."""
    return method_name(method) + TOLD * bool(told) + mark


def given(standings: pd.DataFrame, marks: dict[str, str]) -> list[str]:
    """Say what costs leave out: the retrainings that went into what methods are given."""
    found = standings[standings["given_cost"] > 0].drop_duplicates(["method", "source"])
    parts = [
        f"{entry_name(row['method'], marks[row['source']], row['told'])} {row['given_cost']:,.0f}"
        for row in found.to_dict("records")
    ]
    return [f"costs leave out what is given, in retrainings: {', '.join(parts)}"] if parts else []
