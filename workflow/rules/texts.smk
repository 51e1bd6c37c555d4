# results/{study}/texts/: what members of a language model say before and after unlearning


rule tabulate_texts:
    """Let members make up texts before and after unlearning a forget set, and oracles beside them."""
    input:
        code=lambda wildcards: listing(
            "workflow/scripts/tabulate_texts.py",
            *sorted(
                {
                    method_source(name, config["methods"][name])
                    for name in sayings.methods(config)
                }
            ),
        ),
        data=rules.prepare_data.output,
        forget_set=rules.select_forget_set.output[0],
        weights=expand(
            pretrained.weights,
            chunk=design.pretrained_chunks(config)[:1],
            allow_missing=True,
        ),
        strategies=strategies,
    output:
        **in_report(
            "results/{study}/texts/{forget_set}.html",
            caption="../report/texts.rst",
            category="Texts",
            labels={"forget set": "{forget_set}"},
        ),
        table="results/{study}/texts/{forget_set}.csv",
    log:
        "logs/{study}/texts/{forget_set}.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        gpu=1,
        mem_mb=needs.mem_mb("tabulate_texts"),
        runtime=needs.runtime("tabulate_texts"),
    params:
        study=settings.training_settings(config),
        source=config["source"],
        chunk=design.chunk_members(design.pretrained_chunks(config)[0]),
        members=sayings.members(config),
        runs=lambda wildcards: sayings.runs(config, wildcards.forget_set),
        label=lambda wildcards: design.forget_set_label(
            wildcards.forget_set, config["forget_sets"][wildcards.forget_set]
        ),
    script:
        "../scripts/tabulate_texts.py"
