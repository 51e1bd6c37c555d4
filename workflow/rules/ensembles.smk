# results/{study}/pretrained/ and results/{study}/oracle/{forget_set}/: ensembles from scratch


rule train_pretrained:
    """Train one chunk of the ensemble that sees all training points."""
    input:
        code=listing("workflow/scripts/train_pretrained.py"),
        data=rules.prepare_data.output,
        strategies=strategies,
    output:
        weights="results/{study}/pretrained/{chunk}.safetensors",
        margins="results/{study}/pretrained/{chunk}.npy",
        correct="results/{study}/pretrained/{chunk}.correct.npy",
        record="results/{study}/pretrained/{chunk}.json",
        early=needed.early_files(
            config, "results/{study}/pretrained/{chunk}.early.safetensors"
        ),
    log:
        "logs/{study}/pretrained/{chunk}.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        gpu=1,
        mem_mb=needs.mem_mb("train_pretrained"),
        runtime=needs.runtime("train_pretrained"),
    params:
        study=settings.pretrained_settings(config),
        members=lambda wildcards: design.chunk_members(wildcards.chunk),
    script:
        "../scripts/train_pretrained.py"


rule train_oracle:
    """Train one chunk of the ensemble that never sees the forget set."""
    input:
        code=listing("workflow/scripts/train_oracle.py"),
        data=rules.prepare_data.output,
        forget_set=rules.select_forget_set.output[0],
        strategies=strategies,
    output:
        margins="results/{study}/oracle/{forget_set}/{chunk}.npy",
        correct="results/{study}/oracle/{forget_set}/{chunk}.correct.npy",
        record="results/{study}/oracle/{forget_set}/{chunk}.json",
    log:
        "logs/{study}/oracle/{forget_set}/{chunk}.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        gpu=1,
        mem_mb=needs.mem_mb("train_oracle"),
        runtime=needs.runtime("train_oracle"),
    params:
        study=settings.training_settings(config),
        members=lambda wildcards: design.chunk_members(wildcards.chunk),
        snapshots=design.oracle_snapshots(config),
    script:
        "../scripts/train_oracle.py"


# Where later stages find the ensembles, trained or published.
pretrained, oracle = rules.train_pretrained.output, rules.train_oracle.output
alignment = []  # they are of the same data
