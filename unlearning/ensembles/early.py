"""Weights that pretrained members had on their way, kept while they are trained."""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from unlearning.artifacts.files import ArtifactError
from unlearning.ensembles.checkpoints import Tensors
from unlearning.networks import stacking
from unlearning.networks.stacking import Weights
from unlearning.networks.weights import load_weights

_PREFIX = "early."


class EarlyWeights:
    """Weights after some epochs, stack by stack.

    Parameters
    ----------
    epochs : to keep them at
    """

    def __init__(self, epochs: Sequence[int] = ()) -> None:
        self.epochs = frozenset(epochs)
        # By the first member of a stack: one that is tried again with fewer members replaces it.
        self._stacks: dict[int, dict[int, Weights]] = {}

    def keep(self, stack: slice, epoch: int, network: nn.Module) -> None:
        """Keep a copy of a stack's weights, if they are asked for after this epoch."""
        if epoch in self.epochs:
            self._stacks.setdefault(stack.start, {})[epoch] = stacking.weights_of(network)

    def state(self, stack: slice) -> Tensors:
        """Return what has been kept of a stack, for `restore`."""
        return {
            f"{_PREFIX}{name}": value
            for name, value in _flat(self._stacks.get(stack.start, {})).items()
        }

    def restore(self, stack: slice, state: Mapping[str, Tensor]) -> None:
        """Put back what `state` returned; entries of other names are left alone."""
        mine = {
            name.removeprefix(_PREFIX): value
            for name, value in state.items()
            if name.startswith(_PREFIX)
        }
        self._stacks[stack.start] = _by_epoch(mine)

    def joined(self) -> Tensors:
        """Return all that has been kept as one dictionary, with a leading member axis."""
        stacks = [self._stacks[first] for first in sorted(self._stacks)]
        return _flat(
            {
                epoch: stacking.concatenate([stack[epoch] for stack in stacks])
                for epoch in sorted(self.epochs)
            }
        )


def _flat(by_epoch: Mapping[int, Weights]) -> Tensors:
    return {
        f"{epoch}.{name}": value
        for epoch, weights in by_epoch.items()
        for name, value in weights.items()
    }


def _by_epoch(tensors: Tensors) -> dict[int, Weights]:
    found: dict[int, Weights] = {}
    for name, value in tensors.items():
        epoch, _, own = name.partition(".")
        found.setdefault(int(epoch), {})[own] = value
    return found


def load_early_weights(
    path: str, seeds: Sequence[int], epochs: Sequence[int]
) -> dict[int, Weights]:
    """Read the weights that members had on their way, as written from `EarlyWeights.joined`.

    Parameters
    ----------
    path : the file
    seeds : (members,) seeds of the members
    epochs : that must be in it, and no others

    Returns
    -------
    dict
        Epoch -> weights, with a leading member axis.

    Raises
    ------
    ArtifactError
        When the file is damaged, or holds members of other seeds or other epochs.
    """
    tensors = load_weights(path, seeds)
    beginnings = {name.partition(".")[0] for name in tensors}
    if beginnings != {str(epoch) for epoch in epochs}:
        raise ArtifactError(
            f"{path} holds weights of other epochs than {', '.join(map(str, epochs))}; "
            "delete it and run again"
        )
    return _by_epoch(tensors)
