# results/{study}/unlearned/{method}/{trajectory}/{forget_set}/: margins along each trajectory


rule unlearn:
    """Run one trajectory of a method from one chunk of pretrained members."""
    input:
        unpack(lambda wildcards: needed.files(config, wildcards, given_files)),
        code=lambda wildcards: listing(
            "workflow/scripts/unlearn.py",
            method_source(wildcards.method, config["methods"][wildcards.method]),
        ),
        data=rules.prepare_data.output,
        forget_set=rules.select_forget_set.output[0],
        alignment=alignment,
        weights=pretrained.weights,
        strategies=strategies,
    output:
        margins="results/{study}/unlearned/{method}/{trajectory}/{forget_set}/{chunk}.npy",
        correct="results/{study}/unlearned/{method}/{trajectory}/{forget_set}/{chunk}.correct.npy",
        record="results/{study}/unlearned/{method}/{trajectory}/{forget_set}/{chunk}.json",
    log:
        "logs/{study}/unlearned/{method}/{trajectory}/{forget_set}/{chunk}.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        gpu=1,
        mem_mb=needs.mem_mb("unlearn"),
        runtime=needs.runtime("unlearn"),
    params:
        study=settings.unlearning_settings(config),
        source=config["source"],
        members=lambda wildcards: design.chunk_members(wildcards.chunk),
        run=lambda wildcards: settings.run_settings(
            config,
            wildcards.method,
            needs.trajectories(wildcards.method, wildcards.forget_set)[
                wildcards.trajectory
            ],
            wildcards.forget_set,
        ),
        margins=config["unlearned_margins"],
    script:
        "../scripts/unlearn.py"
