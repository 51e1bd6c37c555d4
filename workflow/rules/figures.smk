# results/{study}/figures/: the paper's figures, each with the table of what it draws


rule draw_figure:
    """Draw one figure from the scores of the methods and forget sets that it shows."""
    input:
        code=lambda wildcards: listing(
            "workflow/scripts/draw_figure.py",
            f"unlearning/figures/{wildcards.figure}.py",
        ),
        tables=lambda wildcards: expand(
            [rules.score_baselines.output.table, rules.score_method.output.table],
            study=wildcards.study,
            method=design.figure_methods(config, wildcards.figure),
            forget_set=design.figure_forget_sets(config, wildcards.figure),
        ),
    output:
        png=report(
            "results/{study}/figures/{figure}.png",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        pdf="results/{study}/figures/{figure}.pdf",
        csv="results/{study}/figures/{figure}.csv",
    log:
        "logs/{study}/figures/{figure}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        options=lambda wildcards: settings.figure_options(config, wildcards.figure),
    script:
        "../scripts/draw_figure.py"


rule fig1:
    """One forget set of the first component: gradient ascent, gradient descent/ascent."""
    input:
        expand(rules.draw_figure.output, study=config["study"], figure="fig1"),


rule fig2:
    """Ten random points: gradient ascent, and average KLoM along the time of unlearning."""
    input:
        expand(rules.draw_figure.output, study=config["study"], figure="fig2"),


rule fig5:
    """Three difficulties of unlearning."""
    input:
        expand(rules.draw_figure.output, study=config["study"], figure="fig5"),


rule fig6:
    """Every forget set and method: forget set against validation set."""
    input:
        expand(rules.draw_figure.output, study=config["study"], figure="fig6"),


rule fig7:
    """Every forget set and method: forget set against retain set."""
    input:
        expand(rules.draw_figure.output, study=config["study"], figure="fig7"),
