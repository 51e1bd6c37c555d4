# a person's own profile for SLURM, in the folder where Snakemake looks for it
from workflow.telling import profiles


rule profile:
    """Look at the cluster, and write a person's own profile: --config gpu_partition=theirs."""
    input:
        code=listing("workflow/scripts/write_profile.py"),
    log:
        f"logs/{config['study']}/profile.log",
    conda:
        "../../envs/environment.yaml"
    params:
        user=lambda wildcards: site.this_user(),
        answers=lambda wildcards: site.ask_slurm(site.this_user()),
        given=choosing.said(config),
        place=profiles.PLACE,
        existing=lambda wildcards: profiles.existing(),
        of_site=lambda wildcards: profiles.of_site(),
        template=f"{workflow.basedir}/workflow/templates/slurm.yaml",
    script:
        "../scripts/write_profile.py"
