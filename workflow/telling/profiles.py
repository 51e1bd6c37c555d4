"""Where Snakemake looks for profiles for SLURM: a person's own, and that of a site."""

from pathlib import Path
from typing import Any

from configargparse import ConfigFileParserException
from snakemake.cli import get_profile_dir
from snakemake.common import get_appdirs
from snakemake.exceptions import WorkflowError
from snakemake.profiles import ProfileConfigFileParser

_OWN = Path(get_appdirs().user_config_dir, "slurm")
_SITE = Path(get_appdirs().site_config_dir, "slurm")

#: Where a person's own is written.
PLACE = str(_OWN / "profile.yaml")


def existing() -> list[str]:
    """Return folder and file of a person's own, under any of the names that Snakemake reads."""
    return list(map(str, get_profile_dir(str(_OWN)) or []))


def of_site() -> tuple[str, dict[str, Any]] | None:
    """Return the file of the site's profile and what it says; nothing where there is none."""
    *_, file = get_profile_dir(str(_SITE)) or [None]
    if file is None:
        return None
    try:
        with open(file) as stream:
            return str(file), dict(ProfileConfigFileParser().parse(stream))
    except (ConfigFileParserException, WorkflowError, OSError):
        return str(file), {}
