"""What a method asked for beside its members: read, checked, and handed to its stacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unlearning.artifacts.files import load_array
from unlearning.artifacts.records import load_records
from unlearning.computing.batches import Data
from unlearning.ensembles.chunk import Chunk
from unlearning.ensembles.early import load_early_weights
from unlearning.ensembles.training import Recipe
from unlearning.networks import stacking
from unlearning.networks.stacking import Weights


class EarlyWeights(dict[int, Weights]):
    """Weights of a stack's members by the epoch of their training, the end of it included.

    Attributes
    ----------
    recipe : that they were trained by
    """

    def __init__(self, weights: Mapping[int, Weights], recipe: Recipe) -> None:
        super().__init__(weights)
        self.recipe = recipe


@dataclass(frozen=True)
class Given:
    """What a method's ``unlearn`` is given beside a learner and its hyperparameters.

    Attributes
    ----------
    early_weights : of all members of a chunk
    oracle_outputs : (oracles, points, classes) logits of oracles that nothing is scored against
    datamodels : (points,) what the forget set adds to the margin of each point
    files : name -> path, of a user's own
    gradients : sample gradients that training the oracles or the models of datamodels took, all of
        them together: once for a forget set or a study, however many members are unlearned
    """

    early_weights: EarlyWeights | None = None
    oracle_outputs: NDArray[np.float32] | None = None
    datamodels: NDArray[np.float32] | None = None
    files: dict[str, str] = field(default_factory=dict)
    gradients: dict[str, int] = field(default_factory=dict)

    def of_stack(self, stack: slice, data: Data) -> dict[str, Any]:
        """Return the further keywords of a method that unlearns with some of the members.

        Parameters
        ----------
        stack : the members, counted within the chunk; what is of each member is theirs alone
        data : the data set; arrays become tensors on its device, of its floating type
        """
        found: dict[str, Any] = dict(self.files)
        if self.early_weights is not None:
            parts = {
                epoch: stacking.select(weights, stack)
                for epoch, weights in self.early_weights.items()
            }
            found["early_weights"] = EarlyWeights(parts, self.early_weights.recipe)
        for name in ("oracle_outputs", "datamodels"):
            values = getattr(self, name)
            if values is not None:
                tensor = torch.from_numpy(np.array(values))
                found[name] = tensor.to(data.labels.device, data.dtype)
        return found


def load_given(
    needs: Mapping[str, dict[str, Any]],
    files: Mapping[str, Sequence[str]],
    chunk: Chunk,
    pretrained: Weights,
    pretrained_seeds: Sequence[int],
) -> Given:
    """Read what the method of a job asked for.

    Parameters
    ----------
    needs : of the run: each thing that is asked for, with what `unlearning.study.needs.settings`
        says of it
    files : where each of them is: of oracles their logits and their record, else one file
    chunk : the members that are unlearned
    pretrained, pretrained_seeds : their weights at the end of training, and their seeds

    Raises
    ------
    ArtifactError
        When a file is damaged, of other members, seeds or epochs, or of another data set.
    """
    found: dict[str, Any] = {"gradients": {}, "files": {}}
    points, classes = len(chunk.prepared.data.labels), chunk.prepared.classes
    for need, said in needs.items():
        path, *further = files[need]
        match need:
            case "early_weights":
                recipe = Recipe(**said["training"])
                kept = load_early_weights(path, pretrained_seeds, said["epochs"])
                found[need] = EarlyWeights({**kept, recipe.epochs: pretrained}, recipe)
            case "oracle_outputs":
                members = said["members"]
                (record,) = load_records(
                    further,
                    [members],
                    study_seed=chunk.study["seed"],
                    role="oracle",
                    forget_set=chunk.forget_set,
                )
                shape = (len(members), points, classes)
                found[need] = load_array(path, shape=shape, dtype=np.float32)
                found["gradients"][need] = record["sample_gradients"]
            case "datamodels":
                found[need] = load_array(path, shape=(points,), dtype=np.float32)
                found["gradients"][need] = said["sample_gradients"]
            case _:
                found["files"][need] = path
    return Given(**found)
