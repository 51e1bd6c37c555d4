# results/{study}/klom/: scores of each method on each forget set; results/{study}/scores.csv


rule score_baselines:
    """Score doing nothing, a second oracle ensemble (the noise floor) and stopping early."""
    input:
        code=listing("workflow/scripts/score_baselines.py"),
        data=rules.prepare_data.output.record,
        forget_set=rules.select_forget_set.output[0],
        alignment=alignment,
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
        second_margins=expand(
            oracle.margins,
            chunk=design.floor_chunks(config),
            allow_missing=True,
        ),
        second_correct=expand(
            oracle.correct,
            chunk=design.floor_chunks(config),
            allow_missing=True,
        ),
        second_records=expand(
            oracle.record,
            chunk=design.floor_chunks(config),
            allow_missing=True,
        ),
        pretrained_margins=expand(
            pretrained.margins,
            chunk=design.pretrained_chunks(config),
            allow_missing=True,
        ),
        pretrained_correct=expand(
            pretrained.correct,
            chunk=design.pretrained_chunks(config),
            allow_missing=True,
        ),
        pretrained_records=expand(
            pretrained.record,
            chunk=design.pretrained_chunks(config),
            allow_missing=True,
        ),
    output:
        table="results/{study}/klom/baselines/{forget_set}.csv",
        deviations="results/{study}/klom/baselines/{forget_set}.deviations.npy",
    log:
        "logs/{study}/klom/baselines/{forget_set}.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("score_baselines"),
        runtime=needs.runtime("score_baselines"),
    params:
        scoring=settings.scoring_settings(config),
        reference=settings.chunked_members(design.reference_chunks(config)),
        second=settings.chunked_members(design.floor_chunks(config)),
        seed=config["seed"],
        source=config["source"],
        epochs=design.oracle_snapshots(config),
    script:
        "../scripts/score_baselines.py"


rule score_method:
    """Score every snapshot of a method's trajectories on one forget set."""
    input:
        code=listing("workflow/scripts/score_method.py"),
        data=rules.prepare_data.output.record,
        forget_set=rules.select_forget_set.output[0],
        baselines=rules.score_baselines.output.table,
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
        unlearned_margins=lambda wildcards: inputs.unlearned_files(
            config, rules.unlearn.output.margins, wildcards
        ),
        unlearned_correct=lambda wildcards: inputs.unlearned_files(
            config, rules.unlearn.output.correct, wildcards
        ),
        unlearned_records=lambda wildcards: inputs.unlearned_files(
            config, rules.unlearn.output.record, wildcards
        ),
    output:
        table="results/{study}/klom/{method}/{forget_set}.csv",
        points="results/{study}/klom/{method}/{forget_set}.npy",
        deviations="results/{study}/klom/{method}/{forget_set}.deviations.npy",
    log:
        "logs/{study}/klom/{method}/{forget_set}.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("score_method"),
        runtime=needs.runtime("score_method"),
    params:
        scoring=settings.scoring_settings(config),
        members=settings.chunked_members(design.reference_chunks(config)),
        seed=config["seed"],
        source=config["source"],
        oracle_epochs=design.oracle_snapshots(config),
        runs=lambda wildcards: settings.scored_runs(
            config, wildcards.method, wildcards.forget_set
        ),
        margins=config["unlearned_margins"],
    script:
        "../scripts/score_method.py"


rule collect_scores:
    """Join the scores of all methods and forget sets."""
    input:
        code=listing("workflow/scripts/collect_scores.py"),
        tables=expand(
            [rules.score_baselines.output.table, rules.score_method.output.table],
            method=config["run"]["methods"],
            forget_set=config["run"]["forget_sets"],
            allow_missing=True,
        ),
    output:
        report(
            "results/{study}/scores.csv",
            caption="../report/scores.rst",
            category="Scores",
        ),
    log:
        "logs/{study}/scores.log",
    conda:
        "../../envs/environment.yaml"
    script:
        "../scripts/collect_scores.py"


rule scores:
    """The table of all scores."""
    input:
        expand(rules.collect_scores.output, study=config["study"]),
