# results/{study}/forget_sets/: indices of each forget set, and a sheet of their points


rule select_forget_set:
    """Choose the training points of one forget set."""
    input:
        unpack(
            lambda wildcards: inputs.forget_set_inputs(
                config,
                wildcards.forget_set,
                rules.find_components.output.projections,
                "results/{study}/published/source.json",
            )
        ),
        code=listing("workflow/scripts/select_forget_set.py"),
        points=rules.prepare_data.output.inputs,
        labels=rules.prepare_data.output.labels,
        record=rules.prepare_data.output.record,
    output:
        "results/{study}/forget_sets/{forget_set}.npy",
    log:
        "logs/{study}/forget_sets/{forget_set}.log",
    # What cannot be selected is to be known before anything is trained.
    priority: 1
    conda:
        "../../envs/environment.yaml"
    params:
        definition=lambda wildcards: config["forget_sets"][wildcards.forget_set],
    script:
        "../scripts/select_forget_set.py"


rule draw_forget_sets:
    """Draw the points of every forget set on one sheet."""
    input:
        code=listing("workflow/scripts/draw_forget_sets.py"),
        points=rules.prepare_data.output.inputs,
        labels=rules.prepare_data.output.labels,
        record=rules.prepare_data.output.record,
        forget_sets=expand(
            rules.select_forget_set.output,
            forget_set=config["run"]["forget_sets"],
            allow_missing=True,
        ),
    output:
        png=report(
            "results/{study}/figures/forget_sets.png",
            caption="../report/forget_sets.rst",
            category="Forget sets",
        ),
        pdf="results/{study}/figures/forget_sets.pdf",
    log:
        "logs/{study}/figures/forget_sets.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("draw_forget_sets"),
        runtime=needs.runtime("draw_forget_sets"),
    params:
        names=config["run"]["forget_sets"],
        labels=settings.forget_set_labels(config, config["run"]["forget_sets"]),
    script:
        "../scripts/draw_forget_sets.py"


rule forget_sets:
    """Every forget set of the study, and their points on one sheet."""
    input:
        expand(rules.draw_forget_sets.output, study=config["study"]),
