"""What the tables of controls show, each in a sentence with their own numbers."""

import pandas as pd

from unlearning.answer.controls import CELL, WIDE, diverged
from unlearning.scoring.rows import SPLITS

#: Parts of a score as a sentence calls them.
CALLED = {
    "drift": "the drift of BatchNorm alone (learning rate 0) moves P95 KLoM by",
    "ascent on drift": "unlearning on top of that drift by",
    "ascent alone": "unlearning with BatchNorm frozen by",
}
SAID = ("forget", "validation")
RUN = ["method", "forget_set", "setting", "epoch"]


def of_decomposition(parts: pd.DataFrame) -> str:
    """Say by how much each part moves a score, method by method.

    Parameters
    ----------
    parts : what `unlearning.answer.controls.decompose` returned, not empty

    Returns
    -------
    str
        One sentence: of each part the median over cells, and in how many it lies above 0 or below.
    """
    clauses = []
    for method, own in parts.groupby("method", sort=False):
        said = [f"{words} {_moved(own[own['part'] == part])}" for part, words in CALLED.items()]
        clauses.append(f"{str(method).upper()}: {', '.join(said)}")
    lost = parts[diverged(parts) & parts["split"].isin(SAID) & parts["part"].isin(list(CALLED))]
    lost = lost.drop_duplicates([*CELL, "part"])
    without = f"; without {len(lost)} cells of members that diverged" if len(lost) else ""
    without += _widest(parts[parts["split"].isin(SAID) & parts["part"].isin(list(CALLED))])
    return (
        f"{'; '.join(clauses)} (medians over cells on the {' and '.join(SAID)} sets; up and down "
        f"are cells whose paired 95 % interval leaves out 0{without})."
    )


def _widest(rows: pd.DataFrame) -> str:
    """Name the cell of which least is known, if that is next to nothing."""
    whole = rows[~diverged(rows)]
    width = whole["high"] - whole["low"]
    if not (width > WIDE).any():
        return ""
    row = whole.assign(width=width).nlargest(1, "width").iloc[0]
    return (
        f"; the widest interval is that of {row['part']}, {str(row['method']).upper()} at learning "
        f"rate {row['learning_rate']:g}, epoch {row['epoch']}, set {row['forget_set']}, "
        f"{row['split']} set: {row['difference']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})"
    )


def _moved(rows: pd.DataFrame) -> str:
    own = [rows[(rows["split"] == split) & ~diverged(rows)] for split in SAID]
    medians = " and ".join(f"{one['difference'].median():+.2f}" for one in own)
    up = " and ".join(str((one["low"] > 0).sum()) for one in own)
    down = " and ".join(str((one["high"] < 0).sum()) for one in own)
    return f"{medians} (up in {up}, down in {down} of {len(own[0])})"


def of_protocols(protocols: pd.DataFrame, cells: pd.DataFrame) -> str:
    """Say how many runs can be told from doing nothing, as published and as corrected.

    Parameters
    ----------
    protocols, cells : what `compare_protocols` and `compare_with_nothing` of
        `unlearning.answer.controls` returned

    Returns
    -------
    str
        One sentence: of the runs as published, and of the same runs as corrected, how many cannot
        be told from the pretrained ensemble on any split.
    """
    told = cells.groupby(RUN)["run_told"].first()
    clauses = []
    for method, own in protocols.groupby("method", sort=False):
        published = own[own["published"]].drop_duplicates(["forget_set", "setting", "epoch"])
        if published.empty:
            continue
        counts = []
        for column in ("setting", "corrected_setting"):
            keys = [(method, *key) for key in published[["forget_set", column, "epoch"]].to_numpy()]
            counts.append(sum(not told[key] for key in keys))
        clauses.append(
            f"{counts[0]} of {len(published)} {str(method).upper()} runs as published, and "
            f"{counts[1]} of the same runs corrected"
        )
    members = int(cells["n_members"].max())
    if not clauses:
        return f"No run as published stands beside a corrected one in this study of N = {members}."
    return (
        f"At N = {members}, {'; '.join(clauses)}, cannot be told from doing nothing on any of the "
        "forget, retain and validation sets (paired 95 % intervals of the difference in P95 KLoM)."
    )


def untold(protocols: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """List the published runs that cannot be told from doing nothing, on no split.

    Parameters
    ----------
    protocols, cells : what `compare_protocols` and `compare_with_nothing` of
        `unlearning.answer.controls` returned

    Returns
    -------
    DataFrame
        ``method``, ``forget_set``, ``setting``, ``epoch`` and a column a split: P95 KLoM less the
        floor of this N, in nats, with its 95 % interval, in words. The order is that of ``cells``.
    """
    published = protocols.loc[protocols["published"], RUN].drop_duplicates()
    rows = cells[~cells["run_told"]].merge(published, on=RUN)
    rows["said"] = [
        f"{row.excess:+.2f} ({row.excess_low:+.2f} to {row.excess_high:+.2f})"
        for row in rows.itertuples()
    ]
    runs = rows[RUN].drop_duplicates()
    wide = rows.pivot(index=RUN, columns="split", values="said").reindex(columns=list(SPLITS))
    return runs.join(wide, on=RUN).reset_index(drop=True)
