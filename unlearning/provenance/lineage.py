"""Which jobs, tables and code stand behind each figure, from the config alone.

Pure Python, because the Snakefile imports it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from unlearning.planning.resources import TRAINING
from unlearning.study import design, inputs, needs, targets
from unlearning.study.design import Config
from unlearning.study.method_files import method_source
from unlearning.study.runs import runs
from unlearning.study.sources import loader, sources


class Job(NamedTuple):
    """A job that trains or unlearns; the fields are its wildcards."""

    rule: str
    chunk: str
    forget_set: str = ""
    method: str = ""
    trajectory: str = ""


def figures(config: Config) -> list[str]:
    """Return the names of the study's figures."""
    further = ["forget_sets", *(["random_sets"] if targets.random_forget_sets(config) else [])]
    return [*sorted(config["figures"]), *further]


def shown(config: Config, figure: str) -> tuple[list[str], list[str]]:
    """Return the forget sets and the methods that a figure of the study shows."""
    run = config["run"]
    if figure == "forget_sets":
        return run["forget_sets"], []
    if figure == "random_sets":
        return targets.compared_forget_sets(config), run["methods"]
    return design.figure_forget_sets(config, figure), design.figure_methods(config, figure)


def needs_datamodels(config: Config, figure: str) -> bool:
    """Return whether a forget set or a method of the figure comes from the datamodels."""
    asked = asking(config, shown(config, figure)[1], "datamodels")
    return needs_components(config, figure) or bool(asked)


def needs_components(config: Config, figure: str) -> bool:
    """Return whether a forget set of the figure comes from the components of the datamodels."""
    return any("component" in config["forget_sets"][name] for name in shown(config, figure)[0])


def asking(config: Config, methods: Iterable[str], need: str) -> list[str]:
    """Return those of some methods that ask for something beside the pretrained members."""
    return [method for method in methods if need in needs.of_method(config, method)]


def jobs_behind(config: Config, figure: str) -> list[Job]:
    """Return every job that trained or unlearned for a figure of the study."""
    forget_sets, methods = shown(config, figure)
    jobs = []
    if needs_datamodels(config, figure) and config["datamodels"]["file"] is None:
        jobs += [Job("train_datamodels", chunk) for chunk in design.datamodel_chunks(config)]
    if figure == "forget_sets":
        return jobs
    chunks = design.pretrained_chunks(config)
    oracles = design.reference_chunks(config)
    if figure != "random_sets":
        oracles = [*oracles, *design.floor_chunks(config)]
    jobs += [Job(inputs.ensemble_rule(config, "pretrained"), chunk) for chunk in chunks]
    oracle_rule = inputs.ensemble_rule(config, "oracle")
    jobs += [Job(oracle_rule, chunk, name) for name in forget_sets for chunk in oracles]
    if asking(config, methods, "oracle_outputs"):
        further = needs.output_chunk(config)
        jobs += [Job("train_oracle_outputs", further, name) for name in forget_sets]
    jobs += [
        Job("unlearn", chunk, name, method, trajectory)
        for name in forget_sets
        for method in methods
        for trajectory in runs(config, method, name)
        for chunk in chunks
    ]
    return jobs


def all_jobs(config: Config, figures: Iterable[str]) -> list[Job]:
    """Return the jobs behind any of the figures, each once."""
    return list(dict.fromkeys(job for name in figures for job in jobs_behind(config, name)))


def tables_behind(config: Config, figure: str) -> list[str]:
    """Return the tables that a figure draws, as paths in the folder of the study."""
    forget_sets, methods = shown(config, figure)
    if figure == "forget_sets":
        return []
    if figure == "random_sets":
        return [f"random_sets/{name}.csv" for name in forget_sets]
    return [
        f"klom/{method}/{name}.csv" for method in ["baselines", *methods] for name in forget_sets
    ]


def code_behind(config: Config, figure: str) -> dict[str, list[str]]:
    """Return the files that the result of each rule behind a figure of the study depends on."""
    methods = shown(config, figure)[1]
    extra = {
        "prepare_data": loader(config["dataset"]["name"]),
    }
    rules = ["prepare_data", "select_forget_set"]
    if needs_datamodels(config, figure):
        trained = config["datamodels"]["file"] is None
        rules += ["train_datamodels", "fit_datamodels"] if trained else ["import_datamodels"]
    if needs_components(config, figure):
        rules += ["find_components"]
    if asking(config, methods, "datamodels"):
        rules += ["fit_validation_datamodels", "add_datamodels"]
    if asking(config, methods, "oracle_outputs"):
        rules += ["train_oracle_outputs"]
    if figure == "forget_sets":
        rules += ["draw_forget_sets"]
    else:
        rules += [
            inputs.ensemble_rule(config, "pretrained"),
            inputs.ensemble_rule(config, "oracle"),
            "unlearn",
        ]
        if config["source"] != "train":
            rules += ["fetch_published", "check_alignment"]
        if figure == "random_sets":
            rules += ["compare_accuracies", "draw_random_sets"]
        else:
            rules += ["score_baselines", "score_method", "draw_figure"]
            extra["draw_figure"] = [f"unlearning/figures/{figure}.py"]
    if config["computing"]["strategy"] == "measured" and set(TRAINING).intersection(rules):
        rules += ["measure_strategies"]
    found = {rule: sources(f"workflow/scripts/{rule}.py", *extra.get(rule, [])) for rule in rules}
    if "unlearn" in found:
        # One after another: what a method from elsewhere imports is looked for beside it.
        used = [method_source(method, config["methods"][method]) for method in methods]
        behind = {file for source in used for file in sources(source)}
        found["unlearn"] = sorted({*found["unlearn"], *behind})
    return found


def theory_code(figure: str) -> dict[str, list[str]]:
    """Return the files that the result of each rule behind a figure of the theory depends on."""
    found = {rule: sources(f"workflow/scripts/{rule}.py") for rule in inputs.THEORY[figure]}
    drawn = sources("workflow/scripts/draw_theory.py", f"unlearning/figures/{figure}.py")
    return {**found, "draw_theory": drawn}


def scope_figures(config: Config, scope: str) -> list[str]:
    """Return the figures of the study that a page is about: one, or all where it is ``study``."""
    return figures(config) if scope == "study" else [scope]


def scope_theory(scope: str) -> list[str]:
    """Return the figures of the theory that a page is about."""
    return list(inputs.THEORY) if scope == "study" else []


def scope_forget_sets(config: Config, scope: str) -> list[str]:
    """Return the forget sets that a page is about, each once."""
    names = [name for figure in scope_figures(config, scope) for name in shown(config, figure)[0]]
    return list(dict.fromkeys(names))


def scope_records(config: Config, wildcards: Any, patterns: Mapping[str, str]) -> list[str]:
    """Return the records of `all_jobs` of a page.

    Parameters
    ----------
    config : the study
    wildcards : ``study`` and ``scope`` of the page
    patterns : rule -> where its jobs' records are
    """
    jobs = all_jobs(config, scope_figures(config, wildcards.scope))
    return [patterns[job.rule].format(study=wildcards.study, **job._asdict()) for job in jobs]


def scope_files(config: Config, wildcards: Any, patterns: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the files of the figures that a page is about.

    Parameters
    ----------
    config : the study
    wildcards : ``study`` and ``scope`` of the page
    patterns : figure -> where its files are; ``""`` for those that have no entry
    """
    return [
        pattern.format(study=wildcards.study, figure=figure)
        for figure in scope_figures(config, wildcards.scope)
        for pattern in patterns.get(figure, patterns[""])
    ]
