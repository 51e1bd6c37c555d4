# results/{study}/datamodels/matrix.npy: the datamodels that others have published


rule import_datamodels:
    """Take over a published weight matrix, a row a target."""
    input:
        code=listing("workflow/scripts/import_datamodels.py"),
        published=config["datamodels"]["file"],
    output:
        "results/{study}/datamodels/matrix.npy",
    log:
        "logs/{study}/datamodels/matrix.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("import_datamodels"),
        runtime=needs.runtime("import_datamodels"),
    params:
        train=config["dataset"]["train"],
    script:
        "../scripts/import_datamodels.py"


# Where the components find the matrix, estimated or published.
matrix = rules.import_datamodels.output[0]
