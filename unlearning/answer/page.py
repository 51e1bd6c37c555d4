"""The answer as a page and as Markdown: a row a claim, what confounds it, the figures behind it."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from unlearning.answer.verdicts import (
    ARTEFACT,
    FAILS,
    IN_PART,
    NOT_TESTED,
    STANDS,
    UNKNOWN,
    numbered,
)
from unlearning.html import document

#: Told apart without colour vision, and by the words themselves.
COLOURS = {
    STANDS: "#0072b2",
    IN_PART: "#8a6d00",
    ARTEFACT: "#b03a00",
    FAILS: "#b03a00",
    UNKNOWN: "#555",
    NOT_TESTED: "#555",
}
STYLE = """
body { max-width: 74em; }
table { width: 100%; }
td, th { padding: .5em .7em; }
.claims td:first-child { width: 22em; }
.wide { overflow-x: auto; }
small { color: #555; }
.verdict { font-weight: 600; }
figure { margin: 1.6em 0; }
figure img { max-width: 100%; }
figcaption { max-width: 60em; }
@media (max-width: 50em) { /* a claim below the other, its parts below each other */
  .claims tr, .claims td { display: block; border: 0; padding: .2em 0; }
  .claims tr { border-top: 1px solid #ddd; padding: .6em 0; }
  .claims tr:first-child { display: none; }
  .claims td:first-child { width: auto; }
}
@media print { figure { break-inside: avoid; } }
"""
MEANING = """A verdict follows from 95 % intervals by the rule beside it: a claim <em>stands</em>,
<em>stands in part</em>, <em>does not stand</em>, <em>is an artefact of</em> something else where
controls say so, or <em>cannot be told at this N</em>. Where a rule looks for the best or the worst
of many runs its intervals are wider, so that all of them together err in 5 % of studies; tables,
figures and captions show those of each number by itself. An interval is of the members drawn: it
says nothing of another data set or network. Not being told to do harm is no proof of doing none."""


def colour(verdict: str) -> str:
    """Return the colour of a verdict."""
    return next(value for word, value in COLOURS.items() if verdict.startswith(word))


def answer_page(
    verdicts: pd.DataFrame,
    *,
    study: str,
    about: str,
    figures: Mapping[str, tuple[bytes, str]],
    confounders: pd.DataFrame,
    untold: pd.DataFrame,
) -> str:
    """Write the answer as one HTML page.

    Parameters
    ----------
    verdicts : what `claims.judge` returned
    study : its name
    about : the study in one sentence
    figures : name -> PNG and what it comes to in one sentence; in the order of the page
    confounders : what `controls.summarise` returned; may be empty
    untold : what `controls_findings.untold` returned; may be empty

    Returns
    -------
    str
        A complete document that refers to nothing outside itself.
    """
    rows = "\n".join(_row(row, figures) for row in verdicts.to_dict("records"))
    pictures = "\n".join(_figure(name, *what) for name, what in figures.items())
    body = f"""<div class="about">
<p>What of the paper's claims this study can tell, once the drift of BatchNorm, a student that does
not move, truncated forget sets and a floor that is not 0 are taken away. {escape(about)}</p>
<p>{MEANING}</p>
</div>
<table class="claims">
<tr><th>Claim of the paper, in our words</th><th>Verdict</th><th>Numbers</th></tr>
{rows}
</table>
{_confounders(confounders)}
{_untold(untold)}
{pictures}"""
    return document(f"The answer: {study}", body, STYLE)


def captions(
    verdicts: pd.DataFrame, figures: Sequence[str], findings: Mapping[str, str]
) -> dict[str, str]:
    """Return what each figure comes to: its own finding, else its first claim and its numbers.

    Parameters
    ----------
    verdicts : what `claims.judge` returned
    figures : names, in the order of the page
    findings : of those figures that have one
    """
    found = {}
    for name in figures:
        said = verdicts[verdicts["figure"] == name]
        said = said.sort_values("verdict", key=lambda words: words == NOT_TESTED, kind="stable")
        own = "".join(f"{text[:1].upper()}{text[1:]}." for text in said["because"].head(1))
        found[name] = findings.get(name) or own
    return found


def _row(row: Mapping[Any, Any], figures: Mapping[str, Any]) -> str:
    figure = row["figure"]
    link = f' <a href="#{figure}">{figure}</a>' if figure in figures else ""
    verdict = f'<span class="verdict" style="color: {colour(row["verdict"])}">'
    return (
        f"<tr><td>{escape(row['claim'])}<br><small>{escape(row['place'])}</small></td>"
        f"<td>{verdict}{escape(row['verdict'])}</span><br><small>{escape(row['rule'])}</small></td>"
        f"<td>{escape(row['because'])}.{link}</td></tr>"
    )


def _figure(name: str, picture: bytes, finding: str) -> str:
    source = f"data:image/png;base64,{b64encode(picture).decode()}"
    text = escape(finding)
    return (
        f'<figure id="{name}"><img src="{source}" alt="{text}"><figcaption><b>{name}.</b> {text}'
        "</figcaption></figure>"
    )


def confounder_rows(summary: pd.DataFrame) -> list[list[str]]:
    """Return the lines of the table of confounders, the first its titles.

    Parameters
    ----------
    summary : what `controls.summarise` returned
    """
    titles = ["compared", "method", "split", "cells", "above 0", "below 0", "not told"]
    titles += ["diverged", "median"]
    lines = [titles]
    chosen = summary[summary["table"].isin(["decomposition", "protocols"])]
    for row in chosen.to_dict("records"):
        told = ("cells", "above", "below", "undecided", "diverged")
        counts = [f"{row[name]:.0f}" for name in told]
        named = [str(row[name]) for name in ("what", "method", "split")]
        lines.append([*named, *counts, f"{row['median']:+.2f}"])
    return lines


def _confounders(summary: pd.DataFrame) -> str:
    if summary.empty:
        return ""
    titles, *lines = confounder_rows(summary)
    return f"""<h2>What each confounder does</h2>
<p class="about">Paired differences of P95 KLoM, in nats, and on which side of 0 their intervals
lie: the parts of a run, and published behaviour less corrected. Cells of members that diverged are
on neither side.</p>
{_html(titles, lines)}"""


def _untold(runs: pd.DataFrame) -> str:
    if runs.empty:
        return ""
    lines = runs.astype(str).to_numpy().tolist()
    return f"""<h2>Published runs that cannot be told from doing nothing</h2>
<p class="about">At this N, on none of the three splits, by paired intervals of the difference from
the pretrained models. Beside each run: P95 KLoM less the floor, in nats, with its interval.</p>
<details><summary>{numbered(len(runs), "run")}</summary>
{_html([name.replace("_", " ") for name in runs.columns], lines)}
</details>"""


def _html(titles: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table that scrolls by itself where the page is narrow."""
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>" for line in lines
    )
    return f'<div class="wide"><table>\n<tr>{head}</tr>\n{body}\n</table></div>'


def answer_markdown(verdicts: pd.DataFrame, confounders: pd.DataFrame) -> str:
    """Write the tables of the answer as Markdown.

    Parameters
    ----------
    verdicts : what `claims.judge` returned
    confounders : what `controls.summarise` returned; may be empty
    """
    rows = verdicts[["claim", "place", "verdict", "because"]].itertuples(index=False)
    text = _table(
        ["claim", "place", "verdict", "numbers"],
        [[row[0], row[1], f"**{row[2]}**", row[3]] for row in rows],
    )
    if not confounders.empty:
        titles, *lines = confounder_rows(confounders)
        text += f"\n{_table(titles, lines)}"
    return text


def _table(titles: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [titles, ["---"] * len(titles), *lines]
    return "".join(f"| {' | '.join(re.sub(r'[|]', '/', cell) for cell in row)} |\n" for row in rows)
