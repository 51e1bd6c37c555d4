"""What members say before and after unlearning, as a page."""

from html import escape

import pandas as pd

from unlearning.html import document

ABOUT = (
    "Perplexity is the exponential of the mean cross-entropy of a token. Shares are of the texts "
    "that {members} members draw, {texts} each, letter by letter by their own probabilities; a "
    "text that is in the forget and in the retain set counts in both. Oracles have never seen the "
    "forget set: what they draw of it nobody remembers. {twins} of the {size} forgotten texts have "
    "a twin that is retained."
)
TITLES = {
    "method": "Method",
    "setting": "Setting",
    "epoch": "Epoch",
    "perplexity_forget": "Perplexity, forget",
    "perplexity_validation": "Perplexity, validation",
    "in_forget": "In the forget set",
    "in_retain": "In the retain set",
    "distinct": "Different",
    "texts": "The first ones",
}


def page(
    rows: pd.DataFrame, *, study: str, label: str, members: int, texts: int, twins: int, size: int
) -> str:
    """Return a table of `sayings.table` as a page.

    Parameters
    ----------
    rows : the table
    study, label : names of the study and of the forget set
    members, texts : that were asked, and the texts of each
    twins, size : forgotten texts whose twin is retained, and all of them
    """
    about = ABOUT.format(members=members, texts=texts, twins=twins, size=size)
    head = "".join(f"<th>{escape(title)}</th>" for title in TITLES.values())
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(_cell(name, row[name]))}</td>' for name in TITLES)}</tr>\n"
        for row in rows.to_dict("records")
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>"
    return document(f"{study}: texts, {label}", f'<p class="about">{escape(about)}</p>\n{table}')


def _cell(name: str, value: object) -> str:
    if isinstance(value, float):
        return (
            f"{100 * value:.1f} %"
            if name in ("in_forget", "in_retain", "distinct")
            else (f"{value:.4g}")
        )
    return str(value)
