# a person's own profile for SLURM, in the folder where Snakemake looks for it
from pathlib import Path

from snakemake.cli import get_profile_dir
from snakemake.common import get_appdirs

OWN_PROFILE = Path(get_appdirs().user_config_dir, "slurm")


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
        place=str(OWN_PROFILE / "profile.yaml"),
        # Under any of the names that Snakemake reads.
        existing=lambda wildcards: list(
            map(str, get_profile_dir(str(OWN_PROFILE)) or [])
        ),
        template=f"{workflow.basedir}/workflow/templates/slurm.yaml",
    script:
        "../scripts/write_profile.py"
