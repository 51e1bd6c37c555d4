"""Where a job has got to, kept until it is done: an interrupted job goes on from there.

A checkpoint is a folder of one file a stack of members. Every file carries the key of the job that
wrote it; what another job has left, of other code, settings or inputs, is not used.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from unlearning.artifacts.files import ArtifactError, atomic
from unlearning.networks.weights import checksum

logger = logging.getLogger(__name__)

Tensors = dict[str, Tensor]


class Checkpoint:
    """Saved states of one job, by name.

    Parameters
    ----------
    folder : where to keep them
    key : identifies the job; states of another key are as good as none
    every : epochs of training between two states of a stack; 0 keeps nothing
    """

    def __init__(self, folder: str | Path, key: str, every: int) -> None:
        self.folder, self.key, self.every = Path(folder), key, every
        self.resumed: dict[str, int] = {}
        if not every:
            self.remove()

    def due(self, epoch: int) -> bool:
        """Return whether a state is to be saved after this epoch."""
        return bool(self.every) and epoch % self.every == 0

    def save(self, name: str, tensors: Tensors, facts: dict[str, Any]) -> None:
        """Replace the state of that name, or do nothing if nothing is kept.

        Parameters
        ----------
        name : of the state
        tensors : name -> tensor
        facts : numbers, lists and texts; ``epoch`` among them
        """
        if not self.every:
            return
        copies = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
        metadata = {"key": self.key, "facts": json.dumps(facts), "sha256": checksum(copies)}
        with atomic(self.folder / f"{name}.safetensors") as temporary:
            save_file(copies, temporary, metadata=metadata)

    def load(self, name: str) -> tuple[Tensors, dict[str, Any]] | None:
        """Return the state of that name, or None if this job has left none that can be used."""
        path = self.folder / f"{name}.safetensors"
        if not self.every or not path.is_file():
            return None
        try:
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
                if metadata.get("key") != self.key:
                    logger.info("%s is of other code, settings or inputs: not used", path)
                    return None
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
                facts: dict[str, Any] = json.loads(metadata["facts"])
            if checksum(tensors) != metadata["sha256"]:
                raise ArtifactError("it is not what its checksum was taken of")
        except (ArtifactError, OSError, SafetensorError, KeyError, json.JSONDecodeError) as error:
            logger.info("%s cannot be read (%s): not used", path, error)
            return None
        logger.info("resumed from %s, after epoch %d", path, facts["epoch"])
        self.resumed[name] = facts["epoch"]
        return tensors, facts

    def remove(self) -> None:
        """Delete all states: the job is done, or keeps none."""
        shutil.rmtree(self.folder, ignore_errors=True)


def stack_name(stack: slice) -> str:
    """Return the name of the state of a stack: another split of the members has other states."""
    return f"{stack.start}-{stack.stop - 1}"


def none() -> Checkpoint:
    """Return a checkpoint that keeps nothing."""
    return Checkpoint("no checkpoint", "", 0)


def of_job(job: Any) -> Checkpoint:
    """Return the checkpoint of a job, in a folder beside its first output.

    Parameters
    ----------
    job : ``output``, its files, which need not exist; ``input``, all its files, code among them;
        ``params``, all its settings, of built-in types; ``config`` with the epochs between two
        states as ``checkpoint_epochs``, None keeps nothing
    """
    every = job.config["checkpoint_epochs"] or 0
    key = fingerprint(job.input, dict(job.params.items())) if every else ""
    return Checkpoint(Path(job.output[0]).with_suffix(".partial"), key, every)


def fingerprint(inputs: Iterable[str], settings: dict[str, Any]) -> str:
    """Return a digest of what a result depends on: inputs, settings and the version of torch."""
    digest = hashlib.sha256(json.dumps([settings, torch.__version__], sort_keys=True).encode())
    for path in sorted(inputs):
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
