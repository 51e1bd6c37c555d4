"""Ensemble weights on disk: safetensors, a leading member axis, seeds in the metadata."""

import json
from collections.abc import Sequence

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from unlearning.artifacts import ArtifactError, atomic
from unlearning.ensemble import Weights


def save_weights(path: str, weights: Weights, seeds: Sequence[int]) -> None:
    """Write the weights of a chunk of members.

    Parameters
    ----------
    path : the file
    weights : name -> tensor with a leading member axis
    seeds : (members,) seeds of the members
    """
    tensors = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    with atomic(path) as temporary:
        save_file(tensors, temporary, metadata={"seeds": json.dumps(list(seeds))})


def load_weights(path: str, seeds: Sequence[int]) -> Weights:
    """Read the weights of a chunk of members.

    Raises
    ------
    ArtifactError
        When the file is damaged or holds members of other seeds.
    """
    try:
        with safe_open(path, framework="pt") as file:
            found = json.loads((file.metadata() or {}).get("seeds", "[]"))
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, json.JSONDecodeError) as error:
        raise ArtifactError(
            f"{path} is not a complete safetensors file ({error}); delete it and run again"
        ) from error
    if found != list(seeds):
        raise ArtifactError(
            f"{path} holds members of other seeds than this study's; delete it and run again"
        )
    return weights
