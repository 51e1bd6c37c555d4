"""The tables of `bench.gpu`."""

from bench import plain, study_hours

TRAINED = 50_000  # training images of CIFAR-10
UNLEARNED_EPOCHS = 10
LIVING17 = 44_200  # training images


def table(*columns):
    """Return the head of a table."""
    return f"\n| {' | '.join(columns)} |\n{'|---' * len(columns)}|"


def row(*cells):
    """Return a row of a table."""
    return f"| {' | '.join(cells)} |"


def print_rates(found, peak):
    """Print a row a rate: how much of the peak, and how many times each plain loop.

    Parameters
    ----------
    found : `bench.gpu.Measurements`
    peak : operations a second of large matrix products in bfloat16
    """
    ways = ("float32", "bfloat16")
    columns = ["network", "batch", "what", "how", "samples a second", "of the peak"]
    print(table(*columns, *(f"x plain {way}" for way in ways)))
    for entry in found.rows:
        speed, objective = entry["samples_per_second"], entry["objective"]
        against = [
            found.rate(entry["network"], entry["batch_size"], objective, plain.named(way))
            for way in ways
        ]
        counted = speed and objective != "evaluation"
        print(
            row(
                entry["network"],
                str(entry["batch_size"]),
                objective,
                entry["way"],
                f"{speed:,.0f}" if speed else "no room",
                f"{entry['operations_per_second'] / peak:.1%}" if counted else "",
                *(f"{speed / rate:.2f}" if speed and rate else "" for rate in against),
            )
        )


def print_study(found, network, batches):
    """Print the hours of the paper's study, as a plain loop would take them and ours.

    Parameters
    ----------
    found : `bench.gpu.Measurements`
    network : title of the network whose rates to take
    batches : what -> size of batch that it was measured at
    """
    naive = {
        what: found.rate(network, size, what, plain.named("float32"))
        for what, size in batches.items()
    }
    ours = {what: found.rate(network, size, what) for what, size in batches.items()}
    if None in (*ours.values(), *naive.values()):
        print("\nThe hours of the study: not all rates that they need were measured.")
        return
    config = study_hours.study()
    counted = study_hours.work(config)
    hours = [
        study_hours.hours(counted, naive, "separate"),
        study_hours.hours(counted, ours, "gradients"),
    ]
    stage_columns = [f"stage of {study_hours.STUDY}", "sample gradients", "evaluations"]
    print(table(*stage_columns, "hours, plain float32 loop, a run each", "hours, ours"))
    for stage, count in counted.items():
        work = [f"{count[kind]:.3g}" for kind in ("gradients", "evaluations")]
        print(row(stage, *work, *(f"{part[stage]:.1f}" for part in hours)))
    print(row("all", "", "", *(f"{sum(part.values()):.1f}" for part in hours)))
    epochs = config["training"]["epochs"]
    print(f"\nSeconds of one member: {TRAINED * epochs / ours['training']:.1f} to train")
    for method in ("descent", "scrub"):
        seconds = TRAINED * UNLEARNED_EPOCHS / ours[method]
        print(f"Seconds of one member's run of {UNLEARNED_EPOCHS} epochs, {method}: {seconds:.1f}")


def print_epoch(found, network, batch_size):
    """Print the seconds of an epoch of ResNet-18 on Living-17."""
    if rate := found.rate(network, batch_size, "training"):
        print(f"Seconds of an epoch of {network} on {LIVING17:,} images: {LIVING17 / rate:.1f}")
