# a method of a user's own and its study, in the folder that Snakemake runs in


rule new_method:
    """Write a method that runs, and a study of it: --config name=mine style=plain."""
    input:
        code=listing("workflow/scripts/new_method.py"),
    log:
        f"logs/{config['study']}/new_method.log",
    conda:
        "../../envs/environment.yaml"
    params:
        name=lambda wildcards: new_method.required_name(config),
        style=config["style"],
        others=config["run"]["methods"],
        templates=f"{workflow.basedir}/workflow/templates",
    script:
        "../scripts/new_method.py"
