# results/{study}/selection.csv: runs chosen without the oracles and with them; its figure;
# results/{study}/stopping/: stopping times that each point has of its own


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
        told=needed.told(config, config["run"]["methods"]),
    script:
        "../scripts/draw_selection.py"


rule compare_stopping:
    """Stop every run on a forget set at one epoch for all points, and at one of its own for each."""
    input:
        code=listing("workflow/scripts/compare_stopping.py"),
        data=rules.prepare_data.output.record,
        forget_set=rules.select_forget_set.output[0],
        oracle_margins=expand(
            oracle.margins,
            chunk=design.reference_chunks(config),
            allow_missing=True,
        ),
        oracle_records=expand(
            oracle.record,
            chunk=design.reference_chunks(config),
            allow_missing=True,
        ),
        pretrained_margins=expand(
            pretrained.margins,
            chunk=design.pretrained_chunks(config),
            allow_missing=True,
        ),
        pretrained_records=expand(
            pretrained.record,
            chunk=design.pretrained_chunks(config),
            allow_missing=True,
        ),
        unlearned_margins=lambda wildcards: stopping.stopped_files(
            config, rules.unlearn.output.margins, wildcards
        ),
        unlearned_records=lambda wildcards: stopping.stopped_files(
            config, rules.unlearn.output.record, wildcards
        ),
    output:
        "results/{study}/stopping/{forget_set}.csv",
    log:
        "logs/{study}/stopping/{forget_set}.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("compare_stopping"),
        runtime=needs.runtime("compare_stopping"),
    params:
        scoring=settings.scoring_settings(config),
        members=settings.chunked_members(design.reference_chunks(config)),
        seed=config["seed"],
        source=config["source"],
        oracle_epochs=design.oracle_snapshots(config),
        runs=lambda wildcards: stopping.stopped_runs(config, wildcards.forget_set),
        margins=config["unlearned_margins"],
    script:
        "../scripts/compare_stopping.py"


rule selection:
    """Learning rate and stopping time chosen without the oracles, and with them."""
    input:
        expand(rules.draw_selection.output, study=config["study"]),
