"""Ensemble weights on disk: safetensors, a leading member axis, seeds in the metadata."""

import json
from collections.abc import Sequence
from hashlib import sha256

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from unlearning.artifacts.files import ArtifactError, atomic
from unlearning.networks.stacking import Weights


def checksum(weights: Weights) -> str:
    """Return the SHA-256 of the tensors' names, types, shapes and values.

    Parameters
    ----------
    weights : name -> contiguous tensor on the CPU
    """
    digest = sha256()
    for name, value in sorted(weights.items()):
        digest.update(f"{name} {value.dtype} {list(value.shape)}".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def save_weights(path: str, weights: Weights, seeds: Sequence[int]) -> None:
    """Write the weights of a chunk of members.

    Parameters
    ----------
    path : the file
    weights : name -> tensor with a leading member axis
    seeds : (members,) seeds of the members
    """
    tensors = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    # One entry: safetensors writes several of them in an order that changes from run to run.
    facts = json.dumps({"seeds": list(seeds), "sha256": checksum(tensors)})
    with atomic(path) as temporary:
        save_file(tensors, temporary, metadata={"ensemble": facts})


def load_weights(path: str, seeds: Sequence[int]) -> Weights:
    """Read the weights of a chunk of members.

    Raises
    ------
    ArtifactError
        When the file is damaged or holds members of other seeds.
    """
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {})["ensemble"])
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        found, written = facts["seeds"], facts["sha256"]
    except (OSError, SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ArtifactError(
            f"{path} is not a complete safetensors file of this workflow ({error!r}); "
            "delete it and run again"
        ) from error
    if checksum(weights) != written:
        raise ArtifactError(
            f"{path} is damaged: its weights are not what its checksum was taken of; "
            "delete it and run again"
        )
    if found != list(seeds):
        raise ArtifactError(
            f"{path} holds members of other seeds than this study's; delete it and run again"
        )
    return weights
