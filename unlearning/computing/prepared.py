"""The prepared data set: what is on disk, and how a job takes it to its device."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from unlearning.artifacts.files import load_array, load_record
from unlearning.computing.batches import Data, prepare, prepare_sequences
from unlearning.networks import models


@dataclass(frozen=True)
class Prepared:
    """A data set on a device, with what a network needs to know of it."""

    data: Data
    n_train: int
    n_validation: int
    classes: int

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(channels, height, width) of images, (context,) of sequences."""
        return tuple(self.data.inputs.shape[1:])

    def builder(self, model: dict[str, Any]) -> Callable[[int], nn.Module]:
        """Return the function from a seed to an untrained network that fits the data set.

        Parameters
        ----------
        model : ``name`` of the architecture and its options
        """
        return lambda seed: models.build(model, self.input_shape, self.classes, seed)


def load(inputs: str, labels: str, record: str, device: torch.device) -> Prepared:
    """Read the prepared data set.

    Parameters
    ----------
    inputs, labels, record : files written by the rule ``prepare_data``
    device : where to put it

    Raises
    ------
    ArtifactError
        When a file is damaged or does not fit the others.
    """
    facts: dict[str, Any] = load_record(record)
    n_train, n_validation = facts["n_train"], facts["n_validation"]
    points = n_train + n_validation
    classes = load_array(labels, shape=(points,), dtype=np.int64)
    if lengths := facts.get("lengths"):
        tokens = load_array(inputs, shape=(points, None), dtype=np.uint8)
        data = prepare_sequences(tokens, np.array(lengths), device)
    else:
        pixels = load_array(inputs, shape=(points, None, None, None), dtype=np.uint8)
        data = prepare(pixels, classes, facts["mean"], facts["std"], device)
    return Prepared(data, n_train, n_validation, facts["classes"])
