# results/{study}/influence/: does the influence of a forget set on the rest foretell the damage?


rule measure_blocks:
    """Measure the forget-by-retain block of the datamodel matrix, of all sets in one pass."""
    input:
        code=listing("workflow/scripts/measure_blocks.py"),
        matrix=matrix,
        forget_sets=lambda wildcards: expand(
            rules.select_forget_set.output,
            study=wildcards.study,
            forget_set=targets.family(config),
        ),
    output:
        "results/{study}/influence/blocks.csv",
    log:
        "logs/{study}/influence/blocks.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("measure_blocks"),
        runtime=needs.runtime("measure_blocks"),
    params:
        names=lambda wildcards: targets.family(config),
    script:
        "../scripts/measure_blocks.py"


rule measure_damage:
    """Measure what unlearning a forget set does to the points that are not to be forgotten."""
    input:
        code=listing("workflow/scripts/measure_damage.py"),
        data=rules.prepare_data.output.record,
        forget_set=rules.select_forget_set.output[0],
        oracle_margins=lambda wildcards: inputs.chunk_files(
            oracle.margins, influence.oracle_chunks(config), wildcards
        ),
        oracle_records=lambda wildcards: inputs.chunk_files(
            oracle.record, influence.oracle_chunks(config), wildcards
        ),
        others_margins=lambda wildcards: inputs.chunk_files(
            pretrained.margins, influence.other_chunks(config), wildcards
        ),
        others_records=lambda wildcards: inputs.chunk_files(
            pretrained.record, influence.other_chunks(config), wildcards
        ),
        pretrained_margins=lambda wildcards: inputs.chunk_files(
            pretrained.margins, influence.unlearned_chunks(config), wildcards
        ),
        pretrained_correct=lambda wildcards: inputs.chunk_files(
            pretrained.correct, influence.unlearned_chunks(config), wildcards
        ),
        pretrained_records=lambda wildcards: inputs.chunk_files(
            pretrained.record, influence.unlearned_chunks(config), wildcards
        ),
        unlearned_margins=lambda wildcards: inputs.family_files(
            config, rules.unlearn.output.margins, wildcards
        ),
        unlearned_correct=lambda wildcards: inputs.family_files(
            config, rules.unlearn.output.correct, wildcards
        ),
        unlearned_records=lambda wildcards: inputs.family_files(
            config, rules.unlearn.output.record, wildcards
        ),
    output:
        "results/{study}/influence/damage/{forget_set}.csv",
    log:
        "logs/{study}/influence/damage/{forget_set}.log",
    wildcard_constraints:
        forget_set=f"{influence.PREFIX}.+",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("measure_damage"),
        runtime=needs.runtime("measure_damage"),
    params:
        scoring=settings.scoring_settings(config),
        family=lambda wildcards: settings.damage_settings(config, wildcards.forget_set),
        seed=config["seed"],
        source=config["source"],
        oracle_epochs=design.oracle_snapshots(config),
        margins=config["unlearned_margins"],
    script:
        "../scripts/measure_damage.py"


rule correlate_influence:
    """Correlate the ranks of predictors and of damage, over all forget sets of the family."""
    input:
        code=listing("workflow/scripts/correlate_influence.py"),
        blocks=rules.measure_blocks.output[0],
        damages=lambda wildcards: expand(
            rules.measure_damage.output,
            study=wildcards.study,
            forget_set=targets.family(config),
        ),
    output:
        forget_sets="results/{study}/influence/forget_sets.csv",
        correlations="results/{study}/influence/correlations.csv",
        finding="results/{study}/influence/finding.txt",
    log:
        "logs/{study}/influence/correlations.log",
    conda:
        "../../envs/environment.yaml"
    params:
        family=lambda wildcards: settings.family_columns(config),
        run=lambda wildcards: settings.family_run(config),
        bootstrap=lambda wildcards: config["influence"]["bootstrap"],
        seed=config["seed"],
    script:
        "../scripts/correlate_influence.py"


rule draw_influence:
    """Draw damage over each predictor, a point a forget set."""
    input:
        code=listing("workflow/scripts/draw_influence.py"),
        forget_sets=rules.correlate_influence.output.forget_sets,
        correlations=rules.correlate_influence.output.correlations,
        finding=rules.correlate_influence.output.finding,
    output:
        png=report(
            "results/{study}/figures/influence.png",
            caption="../report/influence.rst",
            category="Answer",
        ),
        pdf="results/{study}/figures/influence.pdf",
        csv="results/{study}/figures/influence.csv",
    log:
        "logs/{study}/figures/influence.log",
    conda:
        "../../envs/environment.yaml"
    params:
        run=lambda wildcards: settings.family_run(config),
        told=lambda wildcards: needed.told(config, [config["influence"]["method"]]),
    script:
        "../scripts/draw_influence.py"


rule influence:
    """Whether influence foretells the damage of unlearning."""
    input:
        expand(rules.draw_influence.output, study=config["study"]),
