"""What several methods descend on, beside the cross-entropy."""

from torch import Tensor
from torch.nn import functional


def divergence(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Return the sum over members of KL(teacher || student), both softened by T.

    Parameters
    ----------
    student, teacher : logits (members, batch, classes)
    temperature : T > 0

    Returns
    -------
    Tensor
        Scalar: the mean over each member's batch, summed over members.
    """
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
    values : (members, points), or (members, points, classes)
    batch : (members, batch) indices
    """
    if values.dim() == batch.dim():
        return values.gather(1, batch)
    return values.gather(1, batch.unsqueeze(-1).expand(-1, -1, values.shape[-1]))
