"""What several methods descend on, beside the cross-entropy."""

from torch import Tensor
from torch.nn import functional

from unlearning.ensembles.training import token_weights


def divergence(
    student: Tensor, teacher: Tensor, temperature: float, labels: Tensor | None = None
) -> Tensor:
    """Return the sum over members of KL(teacher || student), both softened by T.

    Parameters
    ----------
    student, teacher : logits (members, batch, classes), or (members, batch, tokens, classes), where
        the teacher may have further tokens
    temperature : T > 0
    labels : (members, batch, tokens) of sequences, by which is known where each ends

    Returns
    -------
    Tensor
        Scalar: the mean over each member's batch, summed over members; of a sequence it is the mean
        over its tokens.
    """
    if student.dim() == 4:
        assert labels is not None  # sequences have them
        each = functional.kl_div(
            functional.log_softmax(student / temperature, -1),
            functional.log_softmax(teacher[:, :, : student.shape[2]] / temperature, -1),
            reduction="none",
            log_target=True,
        )
        return (each.sum(-1) * token_weights(labels, each.dtype)).sum() / student.shape[1]
    total = functional.kl_div(
        functional.log_softmax(student / temperature, -1),
        functional.log_softmax(teacher / temperature, -1),
        reduction="sum",
        log_target=True,
    )
    return total / student.shape[1]


def wrong_labels(labels: Tensor, numbers: Tensor, classes: int) -> Tensor:
    """Return a class that is not the label, each of the others as likely as any.

    Parameters
    ----------
    labels : (...) int64
    numbers : (...) random int64
    classes : number of classes, at least 2
    """
    return (labels + 1 + numbers % (classes - 1)) % classes


def of_points(values: Tensor, batch: Tensor) -> Tensor:
    """Return what each member has of the points of its batch.

    Parameters
    ----------
    values : (members, points), or (members, points, ...) such as logits
    batch : (members, batch) indices
    """
    if values.dim() == batch.dim():
        return values.gather(1, batch)
    places = batch.view(*batch.shape, *[1] * (values.dim() - 2))
    return values.gather(1, places.expand(-1, -1, *values.shape[2:]))
