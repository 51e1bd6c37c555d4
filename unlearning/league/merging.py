"""Compare records of other groups with what is known of a study before it is computed."""

from pathlib import Path

from unlearning import forget_sets
from unlearning.artifacts.files import load_record
from unlearning.study import exchange
from unlearning.study.config_league import merged_files
from unlearning.study.design import Config


def check_files(config: Config, own: str) -> None:
    """Refuse to merge a league with the file that it is written to.

    Parameters
    ----------
    config : the study
    own : where its records will be

    Raises
    ------
    ValueError
        Names the file.
    """
    for path in merged_files(config):
        if Path(path).resolve() == Path(own).resolve():
            raise ValueError(
                f"merge: {path} is where this study's own league is written; copy it to another "
                "place, and merge that"
            )


def check_points(config: Config, record: str) -> None:
    """Refuse, before any job, files of other data or of forget sets of other points.

    Forget sets that only the data or the datamodels know are compared once they are there.

    Parameters
    ----------
    config : the study
    record : where the record of its data is, or will be

    Raises
    ------
    ValueError
        Names the file, and in what it differs.
    """
    checksum = _checksum(config, record)
    known = {}
    for name in config["run"]["forget_sets"]:
        definition = dict(config["forget_sets"][name])
        if definition["kind"] == "indices":
            definition["indices"] = forget_sets.read_indices(definition.pop("file"))
        if definition["kind"] in ("random", "indices"):
            points = forget_sets.select(definition, name=name, n_train=config["dataset"]["train"])
            known[name] = (len(points), exchange.points_digest(points))
    for path in merged_files(config):
        for each in exchange.read(path):
            for complaint in exchange.apart_in_points(each, checksum=checksum, forget_sets=known):
                raise ValueError(f"merge: {exchange.place(path, each)}: {complaint}")


def _checksum(config: Config, record: str) -> str | None:
    """Return that of the data, where they are there and of the study's size."""
    if not Path(record).is_file():
        return None
    data, dataset = load_record(record), config["dataset"]
    found = (data["name"], data["n_train"], data["n_validation"])
    if found != (dataset["name"], dataset["train"], dataset["validation"]):
        return None  # of an earlier config; it is about to be made again
    return str(data["checksum"])
