# results/{study}/given/: what methods ask for beside the pretrained members (methods.NAME.needs)


rule train_oracle_outputs:
    """Train further oracles of a forget set, which nothing is scored against, and keep logits."""
    input:
        code=listing("workflow/scripts/train_oracle_outputs.py"),
        data=rules.prepare_data.output,
        forget_set=rules.select_forget_set.output[0],
        strategies=strategies,
    output:
        outputs="results/{study}/given/oracle_outputs/{forget_set}/{chunk}.npy",
        record="results/{study}/given/oracle_outputs/{forget_set}/{chunk}.json",
    log:
        "logs/{study}/given/oracle_outputs/{forget_set}/{chunk}.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        gpu=1,
        mem_mb=needs.mem_mb("train_oracle_outputs"),
        runtime=needs.runtime("train_oracle_outputs"),
    params:
        study=settings.training_settings(config),
        members=lambda wildcards: design.chunk_members(wildcards.chunk),
    script:
        "../scripts/train_oracle_outputs.py"


if config["datamodels"]["file"] is None:

    rule fit_validation_datamodels:
        """Regress every validation point's margin on membership, as those of training points."""
        input:
            code=listing("workflow/scripts/fit_validation_datamodels.py"),
            data=rules.prepare_data.output.record,
            membership=rules.fit_datamodels.input.membership,
            margins=rules.fit_datamodels.input.margins,
            records=rules.fit_datamodels.input.records,
            fit=rules.fit_datamodels.output.record,
        output:
            matrix="results/{study}/given/datamodels/validation.npy",
            record="results/{study}/given/datamodels/validation.json",
        log:
            "logs/{study}/given/datamodels/validation.log",
        conda:
            "../../envs/environment.yaml"
        resources:
            mem_mb=needs.mem_mb("fit_validation_datamodels"),
            runtime=needs.runtime("fit_validation_datamodels"),
        params:
            datamodels=settings.fit_settings(config),
            members=settings.chunked_members(design.datamodel_chunks(config)),
            seed=config["seed"],
        script:
            "../scripts/fit_validation_datamodels.py"

    rule add_datamodels:
        """Add up what the points of a forget set do to the margin of every point."""
        input:
            code=listing("workflow/scripts/add_datamodels.py"),
            matrix=matrix,
            validation=rules.fit_validation_datamodels.output.matrix,
            forget_set=rules.select_forget_set.output[0],
        output:
            "results/{study}/given/datamodels/forget_sets/{forget_set}.npy",
        log:
            "logs/{study}/given/datamodels/forget_sets/{forget_set}.log",
        conda:
            "../../envs/environment.yaml"
        resources:
            mem_mb=needs.mem_mb("add_datamodels"),
            runtime=needs.runtime("add_datamodels"),
        script:
            "../scripts/add_datamodels.py"


# Where a job that unlearns finds what its method asks for.
given_files = {
    "early_weights": ["results/{study}/pretrained/{chunk}.early.safetensors"],
    "oracle_outputs": [
        pattern.replace("{chunk}", "{oracles}")
        for pattern in rules.train_oracle_outputs.output
    ],
    "datamodels": ["results/{study}/given/datamodels/forget_sets/{forget_set}.npy"],
}
