# results/{study}/answer.html: what of the paper's claims stands on this study


rule write_answer:
    """Judge each claim of the paper that an experiment can test, by intervals."""
    input:
        code=listing("workflow/scripts/write_answer.py"),
        cells=rules.tabulate_controls.output.cells,
        parts=rules.tabulate_controls.output.decomposition,
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
            "results/{study}/figures/{figure}.txt",
            study=wildcards.study,
            figure=answering.figures(config, answering.WITH_FINDING),
        ),
    output:
        csv="results/{study}/answer.csv",
        markdown="results/{study}/answer.md",
        page=report(
            "results/{study}/answer.html",
            caption="../report/answer.rst",
            category="Answer",
        ),
    log:
        "logs/{study}/answer.log",
    conda:
        "../../envs/environment.yaml"
    params:
        about=answering.about(config),
        sizes=answering.sizes(config),
        figures=answering.figures(config),
        findings=answering.figures(config, answering.WITH_FINDING),
    script:
        "../scripts/write_answer.py"


rule answer:
    """What of "ascent fails" is ascent: a page, a row a claim."""
    input:
        expand(rules.write_answer.output, study=config["study"]),
