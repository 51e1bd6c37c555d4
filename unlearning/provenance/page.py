"""What stands behind the figures of a study, as a page that people read."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import yaml

from unlearning.html import document
from unlearning.provenance.trace import PLACES


def provenance_page(traced: Mapping[str, Any]) -> str:
    """Write what was traced as one HTML page.

    Parameters
    ----------
    traced : ``study``, ``config``, ``config_sha256``, ``repository``, ``seeds``, ``data``,
        ``forget_sets``, ``code``, ``versions`` and ``figures``, as the rule ``write_provenance``
        writes them

    Returns
    -------
    str
        A complete document that refers to nothing outside itself.
    """
    figures = traced["figures"]
    links = ", ".join(f'<a href="#{name}">{escape(name)}</a>' for name in figures)
    seeds = traced["seeds"]
    about = {
        "config": f'sha256 <code>{traced["config_sha256"]}</code>, <a href="#config">below</a>',
        "commit": _commit(traced["repository"]),
        "data": _data(traced["data"]),
        "seed": f'{seeds["study"]}, <a href="#seeds">from which all others derive</a>',
        "versions where this was written": _counts(traced["versions"], "<br>", " "),
    }
    body = f"""<div class="about">
<p>What stands behind {links}.</p>
<p>Results follow code by content. The commit below is the one that was checked out when this page
was written; a result may have been made at another, if none of the files that it depends on differ.
Every file is therefore named by git's identifier of its content, and
<code>git log --all --find-object=IDENTIFIER</code> finds the commits that have it.</p>
</div>
<table>{_rows(about)}</table>
{"".join(_figure(name, facts) for name, facts in figures.items())}
<h2 id="seeds">Seeds</h2>
<p class="about">{escape(seeds["derivation"])}</p>
{_table(["role", "forget set", "member", "seed"], seeds["first"])}
<h2 id="forget-sets">Forget sets</h2>
{
        _table(
            ["forget set", "points", "sha256 of the file"],
            [
                (facts["label"], facts["points"], facts["sha256"])
                for facts in traced["forget_sets"].values()
            ],
        )
    }
<h2 id="code">Code</h2>
{_table(["file", "git's identifier of its content"], traced["code"].items())}
<h2 id="config">Config</h2>
<pre>{escape(yaml.safe_dump(traced["config"], sort_keys=False, allow_unicode=True))}</pre>"""
    return document(f"Provenance: study {traced['study']}", body)


def _rows(facts: Mapping[str, str]) -> str:
    return "\n".join(f"<tr><th>{key}</th><td>{value}</td></tr>" for key, value in facts.items())


def _table(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    lines = ["".join(f"<th>{escape(text)}</th>" for text in header)]
    lines += ["".join(f"<td>{escape(str(value))}</td>" for value in row) for row in rows]
    return "<table>" + "\n".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _counts(counts: Mapping[str, Any], between: str, times: str = " × ") -> str:
    return between.join(f"{escape(str(key))}{times}{value}" for key, value in counts.items())


def _commit(repository: Mapping[str, Any] | None) -> str:
    if repository is None:
        return "not a git checkout"
    changed = repository["changed"]
    text = f"<code>{escape(repository['commit'])}</code>"
    if changed:
        listed = ", ".join(escape(path) for path in changed[:20])
        text += f", with {len(changed)} files changed: {listed}{', ...' * (len(changed) > 20)}"
    return text


def _data(data: Mapping[str, Any]) -> str:
    return (
        f"{escape(data['name'])}, {data['n_train']} training and {data['n_validation']} validation "
        f"images, checksum <code>{escape(data['checksum'])}</code>"
    )


def _figure(name: str, facts: Mapping[str, Any]) -> str:
    about = {
        "files": _counts(facts["files"], "<br>", ": sha256 "),
        "forget sets": escape(", ".join(facts["forget_sets"])),
        "methods": escape(", ".join(facts["methods"])),
        "members (N)": str(facts["members"] or ""),
        "drawn from": escape(", ".join(facts["tables"])),
        "code": f"sha256 <code>{facts['code_sha256']}</code>",
    }
    stages = [
        (
            rule,
            stage["jobs"],
            stage["members"],
            f"{stage['seconds']:,.0f}",
            f"{stage['sample_gradients']:.3g}",
            *(
                ", ".join(f"{value} × {count}" for value, count in stage[place].items())
                for place in PLACES.values()
            ),
        )
        for rule, stage in facts["work"].items()
    ]
    header = ["training", "jobs", "members", "seconds", "sample gradients"]
    header += [f"{place} × jobs" for place in PLACES.values()]
    rules = [(rule, digest) for rule, digest in facts["rules"].items()]
    return f"""<h2 id="{name}">{escape(name)}</h2>
<table>{_rows({key: value for key, value in about.items() if value})}</table>
{_table(header, stages) if stages else ""}
<details><summary>Code of each rule</summary>
{_table(["rule", "sha256 of the files it depends on"], rules)}</details>
"""
