"""The table of statements as a page that people read."""

import re
from collections.abc import Iterable
from html import escape
from typing import Any

from unlearning.html import document

COLOURS = {"holds": "#0072b2", "holds when": "#b8860b", "fails": "#c44601"}
STYLE = """
body { max-width: 68em; }
table { width: 100%; }
td, th { padding: .5em .7em; }
td:first-child { width: 12em; }
small { color: #666; }
.verdict { font-weight: 600; }
.numbers { white-space: nowrap; }
"""


SYMBOLS = {"alpha": "α", "lambda": "λ", "epsilon": "ε", "eta": "η", "&lt;=": "≤", "&gt;=": "≥"}
SYMBOL = re.compile("|".join(rf"\b{key}\b" if key.isalpha() else key for key in SYMBOLS))


def kind(verdict: str) -> str:
    """Return which of the three verdicts it is, without the restriction."""
    return next(name for name in ("holds when", "holds", "fails") if verdict.startswith(name))


def lemmas_page(rows: Iterable[dict[str, Any]], *, seed: int) -> str:
    """Write the rows of `examine_all` as one HTML page.

    Parameters
    ----------
    rows : iterable of dict
    seed : int
        Of the random cases, stated on the page.

    Returns
    -------
    str
        A complete document that refers to nothing outside itself.
    """
    rows = list(rows)
    kinds = [kind(row["verdict"]) for row in rows]
    counted = ", ".join(f"{kinds.count(name)} {text}" for name, text in _SUMMARY.items())
    table = "\n".join(map(_row, rows))
    body = f"""<div class="about">
<p>Every statement of the paper's theory, tried on random cases: {counted}. A statement
<em>holds</em> if no case violates it; <em>holds when</em> a restriction is met if all cases that
violate it lie outside the restriction; and <em>fails</em> otherwise. Statements marked
<em>correction</em> are ours. No verdict is written down: each follows from the cases of this run
(seed {seed}).</p>
<p>R, F, D are the sizes of the retain set, the forget set and all data, R_j the retained samples of
coordinate j, α the forgotten samples over them, λ the ridge, η the step, e the correlation.
Subscripts D, R, DA mark the pretrained weights, the oracle's, and those of descent-ascent. W is the
Lambert function. The worst case is the one that violates a statement most; put its numbers into
<code>unlearning.theory</code> to see it.</p>
</div>
<table>
<tr><th>Statement</th><th>What it says</th><th>Verdict</th><th>Violations</th></tr>
{table}
</table>"""
    return document("The theory, statement by statement", body, STYLE)


_SUMMARY = {"holds": "hold", "holds when": "hold under a restriction", "fails": "fail"}


def _written(text: str) -> str:
    """Escape a text, and write Greek letters and signs as such."""
    return SYMBOL.sub(lambda found: SYMBOLS[found[0]], escape(text))


def _row(row: dict[str, Any]) -> str:
    says = _written(row["statement"])
    if row["remark"]:
        says += f"<br><small>{_written(row['remark'])}</small>"
    colour = COLOURS[kind(row["verdict"])]
    verdict = f'<span class="verdict" style="color: {colour}">{_written(row["verdict"])}</span>'
    if row["counterexample"]:
        verdict += f"<br><small>worst case: {_written(row['counterexample'])}</small>"
    numbers = f"{row['violations']:,} of {row['cases']:,}"
    if row["violations"]:
        numbers += f"<br><small>by up to {row['largest_violation']:.3g}</small>"
    if row["restriction"]:
        inside = f"{row['violations_restricted']:,} of {row['cases_restricted']:,}"
        numbers += f"<br><small>within: {inside}</small>"
    return (
        f"<tr><td>{escape(row['name'])}<br><small>{escape(row['place'])}</small></td>"
        f'<td>{says}</td><td>{verdict}</td><td class="numbers">{numbers}</td></tr>'
    )
