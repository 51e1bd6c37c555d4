# results/{study}/stability/: scores and rankings by fewer members; its figure


rule subsample_members:
    """Score subsamples of the members on one forget set, and let them rank the runs."""
    input:
        code=listing("workflow/scripts/subsample_members.py"),
        data=rules.prepare_data.output.record,
        forget_set=rules.select_forget_set.output[0],
        alignment=alignment,
        oracle_margins=expand(
            oracle.margins,
            chunk=[*design.reference_chunks(config), *design.floor_chunks(config)],
            allow_missing=True,
        ),
        oracle_records=expand(
            oracle.record,
            chunk=[*design.reference_chunks(config), *design.floor_chunks(config)],
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
        unlearned_margins=lambda wildcards: subsampling.subsampled_files(
            config, rules.unlearn.output.margins, wildcards
        ),
        unlearned_records=lambda wildcards: subsampling.subsampled_files(
            config, rules.unlearn.output.record, wildcards
        ),
        tables=expand(
            rules.score_method.output.table,
            method=subsampling.methods(config),
            allow_missing=True,
        ),
        deviations=expand(
            rules.score_method.output.deviations,
            method=subsampling.methods(config),
            allow_missing=True,
        ),
    output:
        scores="results/{study}/stability/{forget_set}.csv",
        ranking="results/{study}/stability/ranking/{forget_set}.csv",
    log:
        "logs/{study}/stability/{forget_set}.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("subsample_members"),
        runtime=needs.runtime("subsample_members"),
    params:
        scoring=settings.scoring_settings(config),
        members=settings.chunked_members(design.pretrained_chunks(config)),
        second=settings.chunked_members(design.floor_chunks(config)),
        seed=config["seed"],
        source=config["source"],
        oracle_epochs=design.oracle_snapshots(config),
        sizes=subsampling.subsample_sizes(config),
        gaussian_sizes=subsampling.gaussian_sizes(config),
        subsamples=config["stability"]["subsamples"],
        runs=lambda wildcards: subsampling.subsampled_runs(config, wildcards.forget_set),
        margins=config["unlearned_margins"],
    script:
        "../scripts/subsample_members.py"


rule draw_stability:
    """Draw scores, floors and rankings against the number of members, and say what they come to."""
    input:
        code=listing("workflow/scripts/draw_stability.py"),
        scores=lambda wildcards: expand(
            rules.subsample_members.output.scores,
            study=wildcards.study,
            forget_set=subsampling.forget_sets(config),
        ),
        ranking=lambda wildcards: expand(
            rules.subsample_members.output.ranking,
            study=wildcards.study,
            forget_set=subsampling.forget_sets(config),
        ),
    output:
        png=report(
            "results/{study}/figures/stability.png",
            caption="../report/stability.rst",
            category="Answer",
        ),
        pdf="results/{study}/figures/stability.pdf",
        csv="results/{study}/figures/stability.csv",
        finding="results/{study}/figures/stability.txt",
    log:
        "logs/{study}/figures/stability.log",
    conda:
        "../../envs/environment.yaml"
    params:
        labels=settings.forget_set_labels(config, subsampling.forget_sets(config)),
        told=needed.told(config, config["run"]["methods"]),
    script:
        "../scripts/draw_stability.py"


rule stability:
    """Scores, floors and rankings against the number of members."""
    input:
        expand(rules.draw_stability.output, study=config["study"]),
