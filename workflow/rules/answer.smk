# results/{study}/answer.html: what of the paper's claims stands on this study


# Where figures say what they come to, in a sentence.
finding = {
    "controls": rules.draw_controls.output.finding,
    "protocols": rules.draw_protocols.output.finding,
    "selection": rules.draw_selection.output.finding,
    "stability": rules.draw_stability.output.finding,
    "influence": rules.correlate_influence.output.finding,
}


rule write_answer:
    """Judge each claim of the paper that an experiment can test, by intervals."""
    input:
        code=listing("workflow/scripts/write_answer.py"),
        cells=rules.tabulate_controls.output.cells,
        parts=rules.tabulate_controls.output.decomposition,
        protocols=rules.tabulate_controls.output.protocols,
        summary=rules.tabulate_controls.output.summary,
        baselines=lambda wildcards: expand(
            rules.score_baselines.output.table,
            study=wildcards.study,
            forget_set=config["run"]["forget_sets"],
        ),
        deviations=lambda wildcards: expand(
            rules.score_baselines.output.deviations,
            study=wildcards.study,
            forget_set=config["run"]["forget_sets"],
        ),
        stability=lambda wildcards: expand(
            rules.subsample_members.output.scores,
            study=wildcards.study,
            forget_set=subsampling.forget_sets(config),
        ),
        selection=rules.select_runs.output if "selection" in given else [],
        stopping=lambda wildcards: expand(
            rules.compare_stopping.output,
            study=wildcards.study,
            forget_set=stopping.stopped_forget_sets(config),
        ),
        influence=(
            rules.correlate_influence.output.correlations
            if "influence" in given
            else []
        ),
        accuracies=lambda wildcards: expand(
            rules.compare_accuracies.output,
            study=wildcards.study,
            forget_set=targets.random_forget_sets(config),
        ),
        figures=lambda wildcards: expand(
            rules.draw_figure.output.png,
            study=wildcards.study,
            figure=answering.figures(config),
        ),
        findings=lambda wildcards: expand(
            [finding[name] for name in answering.figures(config, tuple(finding))],
            study=wildcards.study,
        ),
    output:
        **in_report(
            "results/{study}/answer.html",
            caption="../report/answer.rst",
            category="Answer",
        ),
        csv="results/{study}/answer.csv",
        markdown="results/{study}/answer.md",
    log:
        "logs/{study}/answer.log",
    conda:
        "../../envs/environment.yaml"
    params:
        about=answering.about(config),
        sizes=answering.sizes(config),
        figures=answering.figures(config),
        findings=answering.figures(config, tuple(finding)),
    script:
        "../scripts/write_answer.py"


rule answer:
    """What of "ascent fails" is ascent: a page, a row a claim."""
    input:
        expand(rules.write_answer.output, study=config["study"]),
