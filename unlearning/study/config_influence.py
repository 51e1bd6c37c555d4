"""Check the family of forget sets of a study's config, and whether datamodels know its points."""

import pickle
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from unlearning.study import design, influence
from unlearning.study.config_batches import batch_complaints
from unlearning.study.config_methods import method_annotations, run_complaints
from unlearning.study.config_words import allowed
from unlearning.study.design import Config


def name_complaints(config: Config) -> Iterator[str]:
    """Yield that a forget set of the study has a name of the family of ``influence``."""
    family = influence.forget_sets(config)
    for name, definition in config["forget_sets"].items():
        # An audit plans with a config that the family has been added to.
        if influence.in_family(name) and definition != family.get(name):
            yield (
                f"forget_sets.{name}: names that begin with {influence.PREFIX} are those of the "
                "family of influence; choose another name"
            )


def influence_complaints(config: Config) -> Iterator[str]:
    """Yield why the study has no such family, as it stands.

    Only who asks for it is told: other data, or a method less, make no other study wrong.
    """
    if config["influence"] is None:
        yield (
            "influence: is null in this study; name sizes, components and a setting, as "
            "config.yaml does"
        )
        return
    yield from _family_complaints(config)
    yield from _setting_complaints(config)
    chunks, there = config["influence"]["chunks"], len(design.pretrained_chunks(config))
    if chunks > there:
        yield f"influence.chunks: {chunks} is more than the {there} that the ensemble has"
    yield from batch_complaints(config, influence.forget_sets(config))


def _family_complaints(config: Config) -> Iterator[str]:
    family, train = config["influence"], config["dataset"]["train"]
    for section in ("random", "components"):
        for size in family[section]["sizes"]:
            if size >= train:
                yield (
                    f"influence.{section}.sizes: {size} leaves nothing to retain of {train} "
                    "training images; name smaller sizes, or set influence: null"
                )
            if section == "components" and size % 2 and "ends" in family[section]["kinds"]:
                yield f"influence.components.sizes: {size} must be even for kind ends"
    computed = config["datamodels"]["components"]
    for component in family["components"]["components"]:
        if component > computed:
            yield (
                f"influence.components.components: {component} is not computed; "
                f"datamodels.components is {computed}"
            )
    sets = influence.forget_sets(config)
    if len(sets) < influence.LEAST:
        yield (
            f"influence: {len(sets)} forget sets are too few for a rank correlation, which takes "
            f"{influence.LEAST}; name more sizes, or more of each"
        )
    seeds = {definition["seed"] for definition in sets.values() if "seed" in definition}
    for name, definition in config["forget_sets"].items():
        own = definition["kind"] == "random" and not influence.in_family(name)
        if own and definition.get("seed") in seeds:
            yield (
                f"influence.random.seed: {min(seeds)} to {max(seeds)} are taken one after another, "
                f"and {definition['seed']} is that of forget_sets.{name}; choose another"
            )
    yield from _row_complaints(config)


def _row_complaints(config: Config) -> Iterator[str]:
    """Yield that a published matrix is of fewer points than forget sets are taken from."""
    file, train = config["datamodels"]["file"], config["dataset"]["train"]
    shape = None if file is None else published_shape(file)
    if shape is not None and min(shape) < train:
        yield (
            f"datamodels.file: {file} has datamodels of {min(shape)} training points, and forget "
            f"sets are taken from {train}: those of influence would have points without a row"
        )


def _setting_complaints(config: Config) -> Iterator[str]:
    name, setting = config["influence"]["method"], config["influence"]["setting"]
    if name not in config["methods"]:
        yield f"influence.method: {name!r} is not defined; {allowed(config['methods'])}"
        return
    annotations = method_annotations(name, config["methods"][name].get("file"))
    for parameter in setting:
        if parameter not in annotations:
            yield (
                f"influence.setting: {parameter} is not a hyperparameter of {name}; "
                f"{allowed(annotations)}"
            )
            return
    yield from run_complaints("influence.setting", [influence.trajectory(config)], config, name)


def published_shape(path: str) -> tuple[int, ...] | None:
    """Return the shape of ``weight`` in a file of ``torch.save``, without torch.

    Nothing of the file is run, and its numbers are not read. What is no such file has no shape
    here: the job that takes the weights over says what is wrong with it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith("/data.pkl")]
            with archive.open(names[0]) as content:
                shape = _Shapes(content).load()["weight"]
    except Exception:  # what damaged files raise is not documented
        return None
    return shape if isinstance(shape, tuple) and len(shape) == 2 else None


class _Shapes(pickle.Unpickler):
    """Restores tensors as their shapes, and everything else that is named as nothing."""

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, size, *rest: tuple(size)
        if (module, name) == ("collections", "OrderedDict"):
            return dict
        return lambda *arguments: None

    def persistent_load(self, pid: Any) -> None:
        return None
