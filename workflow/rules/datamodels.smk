# results/{study}/datamodels/: models on random subsets, the n x n matrix, its components


rule train_datamodels:
    """Train one chunk of models, each on a random subset of the training points."""
    input:
        code=listing("workflow/scripts/train_datamodels.py"),
        data=rules.prepare_data.output,
        strategies=strategies,
    output:
        membership="results/{study}/datamodels/models/{chunk}.membership.npy",
        margins="results/{study}/datamodels/models/{chunk}.npy",
        record="results/{study}/datamodels/models/{chunk}.json",
    log:
        "logs/{study}/datamodels/models/{chunk}.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        gpu=1,
        mem_mb=needs.mem_mb("train_datamodels"),
        runtime=needs.runtime("train_datamodels"),
    params:
        study=settings.training_settings(config),
        members=lambda wildcards: design.chunk_members(wildcards.chunk),
        subset_fraction=config["datamodels"]["subset_fraction"],
    script:
        "../scripts/train_datamodels.py"


rule fit_datamodels:
    """Regress every training point's margin on membership: the train-by-train matrix."""
    input:
        code=listing("workflow/scripts/fit_datamodels.py"),
        data=rules.prepare_data.output.record,
        membership=expand(
            rules.train_datamodels.output.membership,
            chunk=design.datamodel_chunks(config),
            allow_missing=True,
        ),
        margins=expand(
            rules.train_datamodels.output.margins,
            chunk=design.datamodel_chunks(config),
            allow_missing=True,
        ),
        records=expand(
            rules.train_datamodels.output.record,
            chunk=design.datamodel_chunks(config),
            allow_missing=True,
        ),
    output:
        matrix="results/{study}/datamodels/matrix.npy",
        quality="results/{study}/datamodels/quality.csv",
        record="results/{study}/datamodels/fit.json",
    log:
        "logs/{study}/datamodels/fit.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("fit_datamodels"),
        runtime=needs.runtime("fit_datamodels"),
    params:
        datamodels=settings.fit_settings(config),
        members=settings.chunked_members(design.datamodel_chunks(config)),
        seed=config["seed"],
    script:
        "../scripts/fit_datamodels.py"


# Where the components find the matrix, estimated or published.
matrix = rules.fit_datamodels.output.matrix
