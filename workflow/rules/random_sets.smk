# results/{study}/random_sets/: Lemma 1 measured on the random forget sets, and its figure


rule compare_accuracies:
    """Compare accuracy on a random forget set with that on the validation set."""
    input:
        code=listing("workflow/scripts/compare_accuracies.py"),
        data=rules.prepare_data.output.record,
        forget_set=rules.select_forget_set.output[0],
        pretrained_correct=expand(
            pretrained.correct,
            chunk=design.pretrained_chunks(config),
            allow_missing=True,
        ),
        oracle_correct=expand(
            oracle.correct,
            chunk=design.reference_chunks(config),
            allow_missing=True,
        ),
        unlearned_correct=lambda wildcards: inputs.compared_files(
            config, rules.unlearn.output.correct, wildcards
        ),
        pretrained_records=expand(
            pretrained.record,
            chunk=design.pretrained_chunks(config),
            allow_missing=True,
        ),
        oracle_records=expand(
            oracle.record,
            chunk=design.reference_chunks(config),
            allow_missing=True,
        ),
        unlearned_records=lambda wildcards: inputs.compared_files(
            config, rules.unlearn.output.record, wildcards
        ),
    output:
        "results/{study}/random_sets/{forget_set}.csv",
    log:
        "logs/{study}/random_sets/{forget_set}.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("compare_accuracies"),
        runtime=needs.runtime("compare_accuracies"),
    params:
        runs=lambda wildcards: settings.compared_runs(config, wildcards.forget_set),
        members=settings.chunked_members(design.pretrained_chunks(config)),
        seed=config["seed"],
        source=config["source"],
        oracle_epochs=design.oracle_snapshots(config),
    script:
        "../scripts/compare_accuracies.py"


rule draw_random_sets:
    """Draw how far accuracy on the random forget sets is from that on the validation set."""
    input:
        code=listing("workflow/scripts/draw_random_sets.py"),
        tables=lambda wildcards: expand(
            rules.compare_accuracies.output,
            study=wildcards.study,
            forget_set=targets.compared_forget_sets(config),
        ),
    output:
        png=report(
            "results/{study}/figures/random_sets.png",
            caption="../report/random_sets.rst",
            category="Theory",
        ),
        pdf="results/{study}/figures/random_sets.pdf",
        csv="results/{study}/figures/random_sets.csv",
    log:
        "logs/{study}/figures/random_sets.log",
    conda:
        "../../envs/environment.yaml"
    params:
        told=needed.told(config, config["run"]["methods"]),
    script:
        "../scripts/draw_random_sets.py"


rule random_sets:
    """Lemma 1 against every ensemble on the random forget sets."""
    input:
        expand(rules.draw_random_sets.output, study=config["study"]),
