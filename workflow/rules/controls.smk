# results/{study}/controls/: what of the scores is drift, ascent and protocol, and its figures


rule tabulate_controls:
    """Take scores apart into drift and ascent; hold published runs against corrected ones."""
    input:
        code=listing("workflow/scripts/tabulate_controls.py"),
        tables=lambda wildcards: expand(
            [rules.score_baselines.output.table, rules.score_method.output.table],
            study=wildcards.study,
            method=config["run"]["methods"],
            forget_set=config["run"]["forget_sets"],
        ),
        deviations=lambda wildcards: expand(
            [
                rules.score_baselines.output.deviations,
                rules.score_method.output.deviations,
            ],
            study=wildcards.study,
            method=config["run"]["methods"],
            forget_set=config["run"]["forget_sets"],
        ),
    output:
        decomposition="results/{study}/controls/decomposition.csv",
        protocols="results/{study}/controls/protocols.csv",
        cells="results/{study}/controls/cells.csv",
        summary="results/{study}/controls/summary.csv",
    log:
        "logs/{study}/controls.log",
    conda:
        "../../envs/environment.yaml"
    script:
        "../scripts/tabulate_controls.py"


rule draw_controls:
    """Draw drift alone, ascent on top of it, and ascent alone, cell by cell."""
    input:
        code=listing("workflow/scripts/draw_controls.py"),
        decomposition=lambda wildcards: answering.controlled(
            config, rules.tabulate_controls.output.decomposition
        ),
    output:
        png=report(
            "results/{study}/figures/controls.png",
            caption="../report/controls.rst",
            category="Answer",
            labels={"figure": "controls"},
        ),
        pdf="results/{study}/figures/controls.pdf",
        csv="results/{study}/figures/controls.csv",
        finding="results/{study}/figures/controls.txt",
    log:
        "logs/{study}/figures/controls.log",
    conda:
        "../../envs/environment.yaml"
    params:
        labels=settings.forget_set_labels(config, config["run"]["forget_sets"]),
        told=needed.told(config, config["run"]["methods"]),
    script:
        "../scripts/draw_controls.py"


rule draw_protocols:
    """Draw published and corrected runs on the same axes."""
    input:
        code=listing("workflow/scripts/draw_protocols.py"),
        protocols=lambda wildcards: answering.controlled(
            config, rules.tabulate_controls.output.protocols
        ),
        cells=rules.tabulate_controls.output.cells,
    output:
        png=report(
            "results/{study}/figures/protocols.png",
            caption="../report/protocols.rst",
            category="Answer",
            labels={"figure": "protocols"},
        ),
        pdf="results/{study}/figures/protocols.pdf",
        csv="results/{study}/figures/protocols.csv",
        finding="results/{study}/figures/protocols.txt",
    log:
        "logs/{study}/figures/protocols.log",
    conda:
        "../../envs/environment.yaml"
    params:
        labels=settings.forget_set_labels(config, config["run"]["forget_sets"]),
        told=needed.told(config, config["run"]["methods"]),
    script:
        "../scripts/draw_protocols.py"


rule controls:
    """What of a score is the drift of BatchNorm, what is ascent, and what the published protocol."""
    input:
        expand(
            [*rules.draw_controls.output, *rules.draw_protocols.output],
            study=config["study"],
        ),
