"""Figure 6: every method on every forget set, scored on the validation set."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from unlearning.figures.layout import draw_planes


def draw(
    scores: pd.DataFrame, *, options: dict[str, Any], study: str
) -> tuple[Figure, pd.DataFrame]:
    """Draw validation against forget-set P95 KLoM, methods in rows and forget sets in columns.

    Parameters
    ----------
    scores : DataFrame
        The study's scores, one row per run and split.
    options : dict
        `methods` (a row of panels each), `forget_sets` (a column each), optionally `labels`.
    study : str
        Name of the study.

    Returns
    -------
    figure : Figure
    drawn : DataFrame
        One row per mark in the figure.

    Raises
    ------
    ValueError
        If a column, a method or a forget set is missing from the scores.
    """
    return draw_planes(scores, options, study, y_split="validation", intervals=False)
