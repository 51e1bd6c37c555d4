"""Take over published ensembles, chunk by chunk."""

import logging
from collections.abc import Sequence
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unlearning.computing import devices
from unlearning.computing.prepared import Prepared
from unlearning.ensembles.margins import evaluate
from unlearning.networks import stacking
from unlearning.published.fetch import LAYOUTS
from unlearning.published.recomputed import check_recomputed

logger = logging.getLogger(__name__)


class Imported(NamedTuple):
    """Members as published; what they predict is computed here."""

    weights: stacking.Weights  # a leading member axis
    margins: NDArray[np.float32]  # (members, points)
    correct: NDArray[np.bool_]  # (members, points)


def import_pretrained(
    published: dict[str, Any], prepared: Prepared, model: dict[str, Any], members: Sequence[int]
) -> tuple[Imported, dict[str, Any]]:
    """Read pretrained members, and compute their margins again from their checkpoints.

    Parameters
    ----------
    published : ``source``, ``folder`` and ``revision``
    prepared : the data set
    model : of the study
    members : numbers of the members in the source

    Returns
    -------
    imported : weights, published margins, predictions
    record : whose they are, for the record beside the artifact

    Raises
    ------
    ValueError
        When a file is not as it must be, or a checkpoint does not have the margins stored for it.
    """
    layout, folder = LAYOUTS[published["source"]], published["folder"]
    sizes = {"n_train": prepared.n_train, "n_validation": prepared.n_validation}
    stored = layout.pretrained_margins(folder, members, **sizes)
    build, device = prepared.builder(model), prepared.data.inputs.device
    parts, predictions, started = [], [], perf_counter()
    for row, member in zip(stored, members, strict=True):
        weights = {
            name: value[None] for name, value in layout.pretrained_weights(folder, member).items()
        }
        network = stacking.stack(build(0), 1)
        network.load_state_dict(weights)
        margins, correct = evaluate(network.to(device), prepared.data, 1)
        check_recomputed(row, margins[0].cpu().numpy(), f"{published['source']}, member {member}")
        parts.append(weights)
        predictions.append(correct[0].cpu().numpy())
        logger.info("member %d has the margins published for it", member)
    devices.wait_for(device)
    seconds = perf_counter() - started
    record = {
        **_record(published, "pretrained", members),
        "seconds": [seconds],
        **devices.report(device, len(members), seconds),
    }
    return Imported(stacking.concatenate(parts), stored, np.stack(predictions)), record


def import_oracle(
    published: dict[str, Any],
    number: int,
    forget: NDArray[np.int64],
    members: Sequence[int],
    sizes: tuple[int, int],
) -> tuple[NDArray[np.float32], NDArray[np.bool_], dict[str, Any]]:
    """Read oracles of a published forget set.

    Their checkpoints are not published, and margins do not tell every prediction: those of points
    whose class has more than half of the probability count as right, which is a lower bound.

    Parameters
    ----------
    published : ``source``, ``folder`` and ``revision``
    number : of the forget set in the source
    forget : (size,) indices of the study's forget set
    members : numbers of the members in the source
    sizes : number of training and validation points

    Returns
    -------
    margins : (members, points)
    correct : (members, points)
    record : whose they are, for the record beside the artifact

    Raises
    ------
    ValueError
        When a file is not as it must be, or the forget set is another one.
    """
    layout, started = LAYOUTS[published["source"]], perf_counter()
    margins = layout.oracle_margins(
        published["folder"], number, members, forget, n_train=sizes[0], n_validation=sizes[1]
    )
    record = {
        **_record(published, "oracle", members),
        "seconds": [perf_counter() - started],
        **devices.describe(devices.CPU),
    }
    return margins, margins > 0, record


def _record(published: dict[str, Any], role: str, members: Sequence[int]) -> dict[str, Any]:
    """Say whose the members are; all that is known in place of seeds are their numbers."""
    facts = {key: published[key] for key in ("source", "revision")}
    return {"role": role, "members": list(members), "seeds": list(members), **facts}
