# results/theory/: the paper's theory, solved and tried; needs no data and trains no network


rule check_statements:
    """Try every statement of the theory on random cases."""
    input:
        code=listing("workflow/scripts/check_statements.py"),
    output:
        csv="results/theory/lemmas.csv",
        page=report(
            "results/theory/lemmas.html",
            caption="../report/lemmas.rst",
            category="Theory",
            labels={"theory": "every statement"},
        ),
    log:
        "logs/theory/lemmas.log",
    conda:
        "../../envs/environment.yaml"
    params:
        cases=config["theory"]["cases"],
        seed=config["theory"]["seed"],
    script:
        "../scripts/check_statements.py"


rule tabulate_ranges:
    """Tabulate Fig. 3: for which alpha descent-ascent is detrimental."""
    input:
        code=listing("workflow/scripts/tabulate_ranges.py"),
    output:
        "results/theory/ranges.csv",
    log:
        "logs/theory/ranges.log",
    conda:
        "../../envs/environment.yaml"
    params:
        problem=config["theory"]["fig3"],
    script:
        "../scripts/tabulate_ranges.py"


rule run_logistic:
    """Run gradient descent on explicit data sets of the logistic regressions."""
    input:
        code=listing("workflow/scripts/run_logistic.py"),
    output:
        "results/theory/logistic.csv",
    log:
        "logs/theory/logistic.log",
    conda:
        "../../envs/environment.yaml"
    params:
        experiments=config["theory"]["logistic"],
    script:
        "../scripts/run_logistic.py"


rule run_toy:
    """Follow descent-ascent and fine-tuning through the landscape of Fig. 4."""
    input:
        code=listing("workflow/scripts/run_toy.py"),
    output:
        "results/theory/toy_paths.csv",
    log:
        "logs/theory/toy_paths.log",
    conda:
        "../../envs/environment.yaml"
    script:
        "../scripts/run_toy.py"


rule measure_escapes:
    """Count the fine-tuning runs that leave the trap, and say until when it can be left."""
    input:
        code=listing("workflow/scripts/measure_escapes.py"),
    output:
        escape="results/theory/escape.csv",
        recoverability="results/theory/recoverability.csv",
    log:
        "logs/theory/escape.log",
    conda:
        "../../envs/environment.yaml"
    params:
        escape=config["theory"]["escape"],
        seed=config["theory"]["seed"],
    script:
        "../scripts/measure_escapes.py"


rule draw_theory:
    """Draw a figure of the theory from its tables."""
    input:
        code=lambda wildcards: listing(
            "workflow/scripts/draw_theory.py",
            f"unlearning/figures/{wildcards.theory_figure}.py",
        ),
        tables=lambda wildcards: [
            table
            for rule in inputs.THEORY[wildcards.theory_figure]
            for table in getattr(rules, rule).output
        ],
    output:
        png=report(
            "results/theory/figures/{theory_figure}.png",
            caption="../report/theory.rst",
            category="Theory",
            labels={"theory": "{theory_figure}"},
        ),
        pdf="results/theory/figures/{theory_figure}.pdf",
        csv="results/theory/figures/{theory_figure}.csv",
    log:
        "logs/theory/figures/{theory_figure}.log",
    wildcard_constraints:
        theory_figure="|".join(inputs.THEORY),
    conda:
        "../../envs/environment.yaml"
    params:
        options=lambda wildcards: settings.theory_figure_options(
            config, wildcards.theory_figure
        ),
    script:
        "../scripts/draw_theory.py"


rule theory:
    """Every statement and every figure of the theory."""
    input:
        rules.check_statements.output,
        expand(rules.draw_theory.output, theory_figure=inputs.THEORY),


rule fig3:
    """Ranges of alpha for which descent-ascent is detrimental, guaranteed and exact."""
    input:
        expand(rules.draw_theory.output, theory_figure="fig3"),


rule fig4:
    """Landscapes of a small model: descent-ascent leads to where fine-tuning is trapped."""
    input:
        expand(rules.draw_theory.output, theory_figure="fig4"),
