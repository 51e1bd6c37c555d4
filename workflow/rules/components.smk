# results/{study}/datamodels/: the principal components of the matrix


rule find_components:
    """Find the leading principal components of the datamodel matrix, their sign fixed."""
    input:
        code=listing("workflow/scripts/find_components.py"),
        matrix=matrix,
    output:
        components="results/{study}/datamodels/components.npy",
        projections="results/{study}/datamodels/projections.npy",
        explained="results/{study}/datamodels/explained.csv",
    log:
        "logs/{study}/datamodels/components.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("find_components"),
        runtime=needs.runtime("find_components"),
    params:
        components=config["datamodels"]["components"],
    script:
        "../scripts/find_components.py"
