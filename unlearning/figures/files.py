"""Write a figure as its three files."""

from hashlib import sha256

import pandas as pd
from matplotlib.figure import Figure

from unlearning.artifacts.files import atomic


def save_figure(
    figure: Figure,
    png: str,
    pdf: str,
    csv: str | None = None,
    drawn: pd.DataFrame | None = None,
    *,
    title: str,
) -> None:
    """Write a figure, and the table of what it draws, without dates: same figure, same files.

    Image files that have lost their place are found again by their metadata: the title, and the
    checksum of the table, which the study's provenance states as well.

    Parameters
    ----------
    figure : Figure
    png, pdf : str
        Where to.
    csv : str, optional
        Where to write `drawn`.
    drawn : DataFrame, optional
    title : str
        Such as the study and the name of the figure.
    """
    about = ""
    if csv is not None and drawn is not None:
        table = drawn.to_csv(index=False).encode()
        about = f"sha256 of the table of what is drawn: {sha256(table).hexdigest()}"
        with atomic(csv) as temporary:
            temporary.write_bytes(table)
    for path, facts in (
        (png, {"Title": title, "Description": about}),
        (pdf, {"Title": title, "Subject": about, "CreationDate": None}),
    ):
        with atomic(path) as temporary:
            figure.savefig(temporary, dpi=200, metadata=facts)
