"""Check a study that starts from ensembles that others have published."""

from collections.abc import Iterator
from pathlib import Path

from unlearning.study.design import Config, published_numbers, used_forget_sets

DATASET, MODEL, WIDTH = "cifar10", "resnet9", 1.0
#: Members that the sources have of an ensemble, at most.
MEMBERS = 200


def published_complaints(config: Config) -> Iterator[str]:
    """Yield what is wrong with ``source``, ``published`` and what depends on them."""
    source = config["source"]
    folder, revision = config["published"]["folder"], config["published"]["revision"]
    if source == "train":
        for name in used_forget_sets(config):
            definition = config["forget_sets"].get(name)
            if definition is not None and definition["kind"] == "published":
                yield f"forget_sets.{name}: kind published needs source: easydub or klom_models"
        for key, value in (("folder", folder), ("revision", revision)):
            if value is not None:
                yield f"published.{key}: must be null for source: train, which takes nothing over"
        return
    if folder is None and revision is None:
        yield (
            f"published.revision: must be the commit of {source} to download, 40 hexadecimal "
            "digits, unless published.folder names a copy"
        )
    if folder is not None and not Path(folder).expanduser().is_dir():
        yield f"published.folder: {folder} is not a folder"
    if config["dataset"]["name"] != DATASET:
        yield f"dataset.name: must be {DATASET} for {source}"
    if config["model"] != MODEL or config["architectures"][MODEL]["width"] != WIDTH:
        yield f"model: must be {MODEL} at width {WIDTH} for {source}"
    if config["oracle_stopped_epochs"]:
        yield f"oracle_stopped_epochs: must be [] for {source}, which has trained oracles only"
    wanted = config["ensemble"]["members"] + config["ensemble"]["floor_members"]
    if wanted > MEMBERS:
        yield (
            f"ensemble: members and floor_members are {wanted} together, and {source} has at most "
            f"{MEMBERS} oracles of a forget set"
        )
    try:
        published_numbers(config)
    except ValueError as error:
        yield f"run.forget_sets: {error}"
