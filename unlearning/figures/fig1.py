"""Figure 1: where the runs of each method end up on the KLoM plane of one forget set."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from unlearning.figures.layout import draw_planes


def draw(
    scores: pd.DataFrame, *, options: dict[str, Any], study: str
) -> tuple[Figure, pd.DataFrame]:
    """Draw a panel for each method: P95 KLoM on the validation set against the forget set.

    Parameters
    ----------
    scores : DataFrame
        The study's scores, one row per run and split.
    options : dict
        `methods`, `forget_sets` (a row of panels each), optionally `labels`.
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
    return draw_planes(
        scores, options, study, y_split="validation", intervals=True, methods_in_columns=True
    )
