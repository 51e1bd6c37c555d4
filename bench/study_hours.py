"""What the paper's study computes, and how long that takes at given rates.

python -m bench.study_hours    the counts, and the speed that a day on one device would need
"""

from collections import Counter

import yaml

from unlearning.planning.costs import GRADIENT_OPERATIONS, Costs, chunk_size
from unlearning.provenance import lineage
from unlearning.study import design, passes
from unlearning.study.sources import ROOT

STUDY = "studies/cifar10.yaml"
EVALUATION_OPERATIONS = GRADIENT_OPERATIONS // 3  # of a forward pass, for each of its products


def study():
    """Return the config of the paper's main study."""
    return merged(*(yaml.safe_load((ROOT / file).read_text()) for file in ("config.yaml", STUDY)))


def merged(config, overlay):
    """Return a config under an overlay, as Snakemake merges them: a GPU's machine may have none."""
    both = config.keys() & overlay.keys()
    tables = {key for key in both if isinstance(config[key], dict) and overlay[key]}
    inner = {key: merged(config[key], overlay[key]) for key in tables}
    return {**config, **overlay, **inner}


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
            sizes = costs.unlearned_sizes(job.forget_set, run)
            counted = passes.trajectory_gradients(job.method, run, *sizes)["separate"]
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


def main():
    """Print the counts of each stage, and what they come to."""
    config = study()
    products = Costs(config).network.products
    print("| stage | sample gradients | a run each | evaluations | 1e18 operations |")
    print("|---|---|---|---|---|")
    total = 0.0
    for stage, count in work(config).items():
        operations = products * (
            GRADIENT_OPERATIONS * count["gradients"] + EVALUATION_OPERATIONS * count["evaluations"]
        )
        total += operations
        print(
            f"| {stage} | {count['gradients']:.3g} | {count['separate']:.3g} | "
            f"{count['evaluations']:.3g} | {operations / 1e18:.3g} |"
        )
    print(f"| all | | | | {total / 1e18:.3g} |")
    for hours_allowed in (24, 30):
        needed = total / (3600 * hours_allowed)
        print(f"in {hours_allowed} hours: {needed / 1e12:.0f} TFLOP/s on average")


if __name__ == "__main__":
    main()
