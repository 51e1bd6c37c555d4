"""The default study, and what an edit makes of it."""

from copy import deepcopy

import yaml
from snakemake.utils import update_config

from unlearning.study import settings
from unlearning.study.runs import runs
from unlearning.study.sources import ROOT

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())


def study(*overlays):
    """Return the default study under overlays of ``studies/``."""
    config = deepcopy(CONFIG)
    for overlay in overlays:
        update_config(config, yaml.safe_load((ROOT / "studies" / overlay).read_text()))
    return config


def edited(path, value):
    """Return the default study with another value at a place; None takes the key away."""
    config = deepcopy(CONFIG)
    *parents, last = path
    place = config
    for key in parents:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return config


def called_with(config, method, trajectory, forget_set):
    """What one trajectory, by its name, is called with."""
    run = runs(config, method, forget_set)[trajectory]
    return settings.run_settings(config, method, run, forget_set)
