# results/{study}/explore.html: runs that are pointed at, and the images behind them; explore/


rule sample_points:
    """Choose points of a forget set by their KLoM, and count their margins under every run."""
    input:
        code=listing("workflow/scripts/sample_points.py"),
        data=rules.prepare_data.output,
        forget_set=rules.select_forget_set.output[0],
        tables=expand(
            rules.score_method.output.table,
            method=config["run"]["methods"],
            allow_missing=True,
        ),
        points=expand(
            rules.score_method.output.points,
            method=config["run"]["methods"],
            allow_missing=True,
        ),
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
        pretrained_records=expand(
            pretrained.record,
            chunk=design.pretrained_chunks(config),
            allow_missing=True,
        ),
        unlearned_margins=lambda wildcards: inputs.every_file(
            config, rules.unlearn.output.margins, wildcards
        ),
        unlearned_records=lambda wildcards: inputs.every_file(
            config, rules.unlearn.output.record, wildcards
        ),
    output:
        points="results/{study}/explore/points/{forget_set}.csv",
        runs="results/{study}/explore/runs/{forget_set}.csv",
        counts="results/{study}/explore/counts/{forget_set}.npy",
        measured="results/{study}/explore/measured/{forget_set}.npy",
        margins="results/{study}/explore/margins/{forget_set}.npy",
    log:
        "logs/{study}/explore/{forget_set}.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("sample_points"),
        runtime=needs.runtime("sample_points"),
    params:
        scoring=settings.scoring_settings(config),
        reference=settings.chunked_members(design.reference_chunks(config)),
        second=settings.chunked_members(design.floor_chunks(config)),
        seed=config["seed"],
        source=config["source"],
        epochs=design.oracle_snapshots(config),
        runs=lambda wildcards: settings.every_run(config, wildcards.forget_set),
        margins=config["unlearned_margins"],
        sets=len(config["run"]["forget_sets"]),
    script:
        "../scripts/sample_points.py"


rule bundle_library:
    """Take the JavaScript of Vega-Lite out of the installed package: seconds, once."""
    input:
        code=listing("workflow/scripts/bundle_library.py"),
    output:
        "results/{study}/explore/library.js",
    log:
        "logs/{study}/explore_library.log",
    # It waits for nothing, and the page for it: begun last, it would be waited for alone.
    priority: 1
    conda:
        "../../envs/environment.yaml"
    script:
        "../scripts/bundle_library.py"


rule write_explore:
    """Write the page on which runs, and the points behind them, are pointed at."""
    input:
        **{
            name: expand(
                path, forget_set=config["run"]["forget_sets"], allow_missing=True
            )
            for name, path in rules.sample_points.output.items()
        },
        code=listing(
            "workflow/scripts/write_explore.py",
            *within("unlearning/exploring/web"),
        ),
        data=rules.prepare_data.output,
        library=rules.bundle_library.output,
        tables=expand(
            [rules.score_baselines.output.table, rules.score_method.output.table],
            method=config["run"]["methods"],
            forget_set=config["run"]["forget_sets"],
            allow_missing=True,
        ),
    output:
        **in_report(
            "results/{study}/explore.html",
            caption="../report/explore.rst",
            category="Explore",
        ),
    log:
        "logs/{study}/explore.log",
    conda:
        "../../envs/environment.yaml"
    params:
        names=config["run"]["forget_sets"],
        forget_sets=settings.forget_set_labels(config, config["run"]["forget_sets"]),
        methods=config["run"]["methods"],
        told=needed.told(config, config["run"]["methods"]),
        about=answering.about(config),
        variant=config["klom"]["variant"],
    script:
        "../scripts/write_explore.py"


rule explore:
    """One page to point at: runs on the KLoM plane, and the images behind them."""
    input:
        expand(rules.write_explore.output.page, study=config["study"]),
