# results/{study}/selection.csv: runs chosen without the oracles and with them; its figure


rule select_runs:
    """Choose a run of every method on every forget set by each rule, and measure the regret."""
    input:
        code=listing("workflow/scripts/select_runs.py"),
        tables=lambda wildcards: expand(
            [rules.score_baselines.output.table, rules.score_method.output.table],
            study=wildcards.study,
            method=targets.selected_methods(config),
            forget_set=config["run"]["forget_sets"],
        ),
        deviations=lambda wildcards: expand(
            [
                rules.score_baselines.output.deviations,
                rules.score_method.output.deviations,
            ],
            study=wildcards.study,
            method=targets.selected_methods(config),
            forget_set=config["run"]["forget_sets"],
        ),
    output:
        "results/{study}/selection.csv",
    log:
        "logs/{study}/selection.log",
    conda:
        "../../envs/environment.yaml"
    params:
        forget_sets=config["run"]["forget_sets"],
        methods=lambda wildcards: targets.selected_methods(config),
        budget=config["selection"]["budget"],
    script:
        "../scripts/select_runs.py"


rule draw_selection:
    """Draw the regret of each way of choosing a run, and say what it comes to."""
    input:
        code=listing("workflow/scripts/draw_selection.py"),
        table=rules.select_runs.output[0],
    output:
        png=report(
            "results/{study}/figures/selection.png",
            caption="../report/selection.rst",
            category="Answer",
        ),
        pdf="results/{study}/figures/selection.pdf",
        csv="results/{study}/figures/selection.csv",
        finding="results/{study}/figures/selection.txt",
    log:
        "logs/{study}/figures/selection.log",
    conda:
        "../../envs/environment.yaml"
    params:
        labels=settings.forget_set_labels(config, config["run"]["forget_sets"]),
    script:
        "../scripts/draw_selection.py"


rule selection:
    """Learning rate and stopping time chosen without the oracles, and with them."""
    input:
        expand(rules.draw_selection.output, study=config["study"]),
