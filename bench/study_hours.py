"""What a study computes, and how long that takes at given rates."""

from collections import Counter

import yaml
from snakemake.utils import update_config

from unlearning import design, lineage
from unlearning.costs import Costs, chunk_size
from unlearning.sources import ROOT

STUDY = "studies/cifar10.yaml"


def study():
    """Return the config of the paper's main study."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(config, yaml.safe_load((ROOT / STUDY).read_text()))
    return config


def work(config):
    """Count a study's sample gradients and evaluations by stage.

    Returns
    -------
    dict
        Stage -> ``gradients``, with epochs as snapshots and common beginnings run once;
        ``separate``, those of a run for each configuration; ``evaluations`` of single samples.
    """
    costs, found = Costs(config), {}
    for job in lineage.all_jobs(config, lineage.figures(config)):
        stage = found.setdefault(job.method or job.rule.removeprefix("train_"), Counter())
        done = costs.work(job.rule, job)
        stage["gradients"] += done.gradients
        stage["evaluations"] += done.evaluations
        separate = done.gradients
        if job.method:
            run = design.trajectories(config["methods"][job.method])[job.trajectory]
            sizes = costs.unlearned_sizes(job.forget_set)
            counted = design.trajectory_gradients(run, *sizes)["separate"]
            separate = chunk_size(job.chunk) * counted
        stage["separate"] += separate
    return found


def hours(counted, rates, gradients):
    """Return the hours of each stage.

    Parameters
    ----------
    counted : what `work` returned
    rates : samples a second of ``training``, ``descent``, ``scrub`` and ``evaluation``
    gradients : ``"gradients"`` or ``"separate"``
    """
    found = {}
    for stage, count in counted.items():
        kind = {"ga": "descent", "gda": "descent", "scrub": "scrub"}.get(stage, "training")
        seconds = count[gradients] / rates[kind] + count["evaluations"] / rates["evaluation"]
        found[stage] = seconds / 3600
    return found
