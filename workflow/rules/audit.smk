# audits/: what a target would take, before anything is spent


rule audit:
    """Print what config's target would take: jobs and why, GPU hours, disk, time on G GPUs."""
    input:
        code=listing("workflow/scripts/audit.py"),
    log:
        f"logs/{config['study']}/audit.log",
    conda:
        "../../envs/environment.yaml"
    params:
        target=config["target"],
        gpus=config["gpus"],
        hours=config["hours"],
        snakefile=str(workflow.main_snakefile),
        triggers=lambda wildcards: sorted(t.name for t in workflow.rerun_triggers),
        deployment=lambda wildcards: sorted(
            method.name for method in workflow.deployment_settings.deployment_method
        ),
    script:
        "../scripts/audit.py"
