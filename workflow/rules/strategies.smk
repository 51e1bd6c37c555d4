# results/{study}/strategies.json: how members are computed fastest, in a study that measures


rule measure_strategies:
    """Time ways to compute members together, at each size of batch of the study."""
    input:
        code=listing("workflow/scripts/measure_strategies.py"),
        data=rules.prepare_data.output,
    output:
        "results/{study}/strategies.json",
    log:
        "logs/{study}/strategies.log",
    conda:
        "../../envs/environment.yaml"
    resources:
        gpu=1,
        mem_mb=needs.mem_mb("measure_strategies"),
        runtime=needs.runtime("measure_strategies"),
    params:
        study=settings.unlearning_settings(config),
        batch_sizes=settings.batch_sizes(config),
        members=config["ensemble"]["chunk"],
    script:
        "../scripts/measure_strategies.py"


# What the rules that train and unlearn take. Ancient: a new measurement changes results by rounding
# only, and is no reason to train again.
strategies = (
    ancient(rules.measure_strategies.output[0])
    if config["computing"]["strategy"] == "measured"
    else []
)
