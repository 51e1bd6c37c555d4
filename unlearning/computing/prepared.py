"""The prepared data set: what is on disk, and how a job takes it to its device."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from unlearning.artifacts.files import load_array, load_record
from unlearning.computing.batches import Data, prepare
from unlearning.networks import models


@dataclass(frozen=True)
class Prepared:
    """A data set on a device, with what a network needs to know of it."""

    data: Data
    n_train: int
    n_validation: int
    classes: int

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        channels, height, width = self.data.images.shape[1:]
        return channels, height, width

    def builder(self, model: dict[str, Any]) -> Callable[[int], nn.Module]:
        """Return the function from a seed to an untrained network that fits the data set.

        Parameters
        ----------
        model : ``name`` of the architecture and its options
        """
        return lambda seed: models.build(model, self.image_shape, self.classes, seed)


def load(images: str, labels: str, record: str, device: torch.device) -> Prepared:
    """Read the prepared data set.

    Parameters
    ----------
    images, labels, record : files written by the rule ``prepare_data``
    device : where to put it

    Raises
    ------
    ArtifactError
        When a file is damaged or does not fit the others.
    """
    facts: dict[str, Any] = load_record(record)
    n_train, n_validation = facts["n_train"], facts["n_validation"]
    points = n_train + n_validation
    pixels = load_array(images, shape=(points, None, None, None), dtype=np.uint8)
    classes = load_array(labels, shape=(points,), dtype=np.int64)
    data = prepare(pixels, classes, facts["mean"], facts["std"], device)
    return Prepared(data, n_train, n_validation, facts["classes"])
