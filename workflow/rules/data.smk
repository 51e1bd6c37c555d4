# results/{study}/data/: points, labels, split


rule prepare_data:
    """Load the data set once, split it and compute what normalises it."""
    input:
        code=listing(
            "workflow/scripts/prepare_data.py",
            *loader(config["dataset"]["name"]),
        ),
        files=lambda wildcards: data_sets.read_files(config["dataset"]),
    output:
        inputs="results/{study}/data/inputs.npy",
        labels="results/{study}/data/labels.npy",
        record="results/{study}/data/dataset.json",
    log:
        "logs/{study}/data.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("prepare_data"),
        runtime=needs.runtime("prepare_data"),
    params:
        dataset=config["dataset"],
        seed=config["seed"],
        room=sum(needs.outputs("prepare_data", None).values()),
    script:
        "../scripts/prepare_data.py"
