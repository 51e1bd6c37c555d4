# results/{study}/published/, pretrained/ and oracle/{forget_set}/: ensembles that others have trained


localrules:
    fetch_published,


rule fetch_published:
    """Find the published files, or download those that the study needs."""
    input:
        code=listing("workflow/scripts/fetch_published.py"),
    output:
        "results/{study}/published/source.json",
    log:
        "logs/{study}/published/source.log",
    conda:
        "../../envs/environment.yaml"
    params:
        source=config["source"],
        published=config["published"],
        members={
            "pretrained": config["ensemble"]["members"],
            "oracles": config["ensemble"]["members"]
            + config["ensemble"]["floor_members"],
        },
        forget_sets=design.published_numbers(config),
    script:
        "../scripts/fetch_published.py"


rule import_pretrained:
    """Take over a chunk of published pretrained members, their margins computed again."""
    input:
        code=listing("workflow/scripts/import_pretrained.py"),
        data=rules.prepare_data.output,
        source=rules.fetch_published.output[0],
    output:
        weights="results/{study}/pretrained/{chunk}.safetensors",
        margins="results/{study}/pretrained/{chunk}.npy",
        correct="results/{study}/pretrained/{chunk}.correct.npy",
        record="results/{study}/pretrained/{chunk}.json",
    log:
        "logs/{study}/pretrained/{chunk}.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        gpu=1,
        mem_mb=needs.mem_mb("import_pretrained"),
        runtime=needs.runtime("import_pretrained"),
    params:
        study=settings.unlearning_settings(config),
        members=lambda wildcards: design.chunk_members(wildcards.chunk),
        epochs=design.oracle_snapshots(config)[-1:],
    script:
        "../scripts/import_pretrained.py"


rule import_oracle:
    """Take over a chunk of published oracles."""
    input:
        code=listing("workflow/scripts/import_oracle.py"),
        data=rules.prepare_data.output.record,
        forget_set=rules.select_forget_set.output[0],
        source=rules.fetch_published.output[0],
    output:
        margins="results/{study}/oracle/{forget_set}/{chunk}.npy",
        correct="results/{study}/oracle/{forget_set}/{chunk}.correct.npy",
        record="results/{study}/oracle/{forget_set}/{chunk}.json",
    log:
        "logs/{study}/oracle/{forget_set}/{chunk}.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("import_oracle"),
        runtime=needs.runtime("import_oracle"),
    params:
        members=lambda wildcards: design.chunk_members(wildcards.chunk),
        number=lambda wildcards: design.published_number(config, wildcards.forget_set),
        epochs=design.oracle_snapshots(config),
    script:
        "../scripts/import_oracle.py"


rule check_alignment:
    """Refuse oracles whose points are not those of the pretrained members."""
    input:
        code=listing("workflow/scripts/check_alignment.py"),
        data=rules.prepare_data.output.record,
        forget_set=rules.select_forget_set.output[0],
        pretrained=expand(
            rules.import_pretrained.output.margins,
            chunk=design.pretrained_chunks(config),
            allow_missing=True,
        ),
        oracle=expand(
            rules.import_oracle.output.margins,
            chunk=[*design.reference_chunks(config), *design.floor_chunks(config)],
            allow_missing=True,
        ),
    output:
        "results/{study}/published/{forget_set}.json",
    log:
        "logs/{study}/published/{forget_set}.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=needs.mem_mb("check_alignment"),
        runtime=needs.runtime("check_alignment"),
    params:
        source=config["source"],
    script:
        "../scripts/check_alignment.py"


# Where later stages find the ensembles, trained or published.
pretrained, oracle = rules.import_pretrained.output, rules.import_oracle.output
alignment = lambda wildcards: inputs.aligned(rules.check_alignment.output[0], wildcards)
