"""Whether a batch of one point comes to where BatchNorm sees one pixel of it.

Of a single number there is no variance: torch refuses it, after hours of other members and epochs.
"""

from collections.abc import Iterator, Mapping

from unlearning.study import influence, passes
from unlearning.study.config_methods import WITH_BATCH_NORM
from unlearning.study.data_sets import inputs
from unlearning.study.design import Config
from unlearning.study.runs import forget_set_size, runs

#: What a pass goes through, of a forget set.
WHAT = {"forget": "forget set {}", "retain": "the retain set of {}", "both": "both sets of {}"}


def last_side(model: str, side: int) -> int:
    """Return the pixels a side of the last feature map of a network with BatchNorm."""
    if model == "resnet9":
        return (side + 1) // 2 // 2 - 2
    for _ in range(5):  # of resnet18
        side = (side + 1) // 2
    return side


def batch_complaints(config: Config, forget_sets: Mapping[str, Config]) -> Iterator[str]:
    """Yield which batch would hold one point, where that can't be computed.

    Parameters
    ----------
    config : of the study
    forget_sets : name -> definition, of those that are looked at beside the training set
    """
    dataset, model = config["dataset"], config["model"]
    if model not in WITH_BATCH_NORM:
        return
    side = inputs(dataset["name"], dataset["pad_to"])[0][-1]
    if last_side(model, side) > 1:
        return
    for key, what, points, batch in _passes(config, forget_sets):
        if points % batch == 1:
            yield (
                f"{key}: {batch} leaves one of the {points} points of {what} for a batch of its "
                f"own, whose variance BatchNorm can't take on images of {side} pixels a side; "
                "choose another"
            )


def _passes(
    config: Config, forget_sets: Mapping[str, Config]
) -> Iterator[tuple[str, str, int, int]]:
    """Yield the passes over data in training mode: key of the batch size, what, points, batch."""
    train, batch = config["dataset"]["train"], config["training"]["batch_size"]
    yield "training.batch_size", "the training set", train, batch
    half = round(config["datamodels"]["subset_fraction"] * train)
    yield "training.batch_size", "a datamodel's subset", half, batch
    for name, definition in forget_sets.items():
        size = forget_set_size(definition)
        if size is None or size >= train:
            continue  # a class, say: its job will tell
        what = f"the retain set of {name}"
        yield "training.batch_size", what, train - size, batch
        yield from _unlearning_passes(config, name, size)


def _unlearning_passes(config: Config, name: str, size: int) -> Iterator[tuple[str, str, int, int]]:
    train = config["dataset"]["train"]
    chosen = (
        [config["influence"]["method"]] if influence.in_family(name) else config["run"]["methods"]
    )
    definitions = config["forget_sets"] | influence.forget_sets(config)
    for method in chosen:
        for run in runs({**config, "forget_sets": definitions}, method, name).values():
            given = run.hyperparameters
            if given.get("batch_norm") == "frozen" or "batch_size" not in given:
                continue
            forget = min(size, given.get("forget_limit") or size)
            ascends = True if run.ascent_epochs else None
            for walk in passes.epoch_walks(method, given, forget, train - forget, ascends):
                if walk.points >= walk.once:  # else its last batch never comes
                    key = f"methods.{method}.{walk.size}"
                    yield key, WHAT[walk.of].format(name), walk.once, given[walk.size]
