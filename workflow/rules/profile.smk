# a person's own profile for SLURM, in the folder where Snakemake looks for it
from pathlib import Path

from configargparse import ConfigFileParserException
from snakemake.cli import get_profile_dir
from snakemake.common import get_appdirs
from snakemake.exceptions import WorkflowError
from snakemake.profiles import ProfileConfigFileParser

OWN_PROFILE = Path(get_appdirs().user_config_dir, "slurm")
PROFILE_OF_SITE = Path(get_appdirs().site_config_dir, "slurm")


def of_site():
    """Return the file of the site's profile and what it says; nothing where there is none."""
    *_, file = get_profile_dir(str(PROFILE_OF_SITE)) or [None]
    if file is None:
        return None
    try:
        with open(file) as stream:
            return str(file), dict(ProfileConfigFileParser().parse(stream))
    except (ConfigFileParserException, WorkflowError, OSError):
        return str(file), {}


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
        of_site=lambda wildcards: of_site(),
        template=f"{workflow.basedir}/workflow/templates/slurm.yaml",
    script:
        "../scripts/write_profile.py"
