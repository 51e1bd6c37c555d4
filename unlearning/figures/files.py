"""Write a figure as its three files."""

import pandas as pd
from matplotlib.figure import Figure

from unlearning.artifacts import atomic


def save_figure(
    figure: Figure, png: str, pdf: str, csv: str | None = None, drawn: pd.DataFrame | None = None
) -> None:
    """Write a figure, and the table of what it draws, without dates: same figure, same files.

    Parameters
    ----------
    figure : Figure
    png, pdf : str
        Where to.
    csv : str, optional
        Where to write `drawn`.
    drawn : DataFrame, optional
    """
    for path, facts in ((png, {}), (pdf, {"CreationDate": None})):
        with atomic(path) as temporary:
            figure.savefig(temporary, dpi=200, metadata=facts)
    if csv is not None and drawn is not None:
        with atomic(csv) as temporary:
            drawn.to_csv(temporary, index=False)
