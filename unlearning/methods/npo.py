"""Negative preference optimisation (Zhang et al. 2024): gradient ascent that slows down."""

from collections.abc import Collection, Iterator

from torch import Tensor
from torch.nn import functional

from unlearning.ensembles.training import token_weights
from unlearning.trajectories.learner import FORGET, Joint, Learner, Snapshot
from unlearning.trajectories.losses import of_points


def preference(logits: Tensor, labels: Tensor, reference: Tensor, beta: float) -> Tensor:
    """Return the sum over members of (2/β) mean log(1 + (p / p0)^β).

    Parameters
    ----------
    logits, labels : as `log_likelihood` takes them
    reference : (members, batch) log p0 of the labels
    beta : β > 0

    Returns
    -------
    Tensor
        Scalar: the mean over each member's batch, summed over members.
    """
    ratio = log_likelihood(logits, labels) - reference
    return 2 / beta * functional.softplus(beta * ratio).mean(1).sum()


def log_likelihood(logits: Tensor, labels: Tensor) -> Tensor:
    """Return log p of each point's label (members, batch); of a sequence, the mean over its tokens.

    Parameters
    ----------
    logits : (members, batch, classes), or (members, batch, tokens, classes)
    labels : (members, batch), or (members, batch, tokens)
    """
    every = functional.log_softmax(logits, -1)
    own = every.gather(-1, labels.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    if labels.dim() == 2:
        return own
    return (own * token_weights(labels, own.dtype)).sum(-1)


def unlearn(
    learner: Learner,
    *,
    learning_rate: float,
    batch_size: int,
    forget_batch_size: int,
    batch_norm: str,
    beta: float,
    retain_weight: float,
    epochs: Collection[int],
) -> Iterator[Snapshot]:
    """Descend (2/β) mean over F of log(1 + (p / p0)^β), and L_R beside it where it has a weight.

    arXiv 2404.05868, Eq. 3, for a classifier: p and p0 are the probabilities that the member and
    the pretrained member give to the point's own label. The code
    (github.com/licong-lin/negative-preference-optimization) has the same loss as
    -(2/β) log σ(-β log(p / p0)), of language models, with AdamW; with a retain term it pairs a
    batch of R with each of F, as here.

    Of a sequence p is the geometric mean of the probabilities of its tokens, where the paper has
    their product: so its loss is on the scale of the other methods', for which that of a sequence
    is the mean over its tokens.

    Zero strength is learning rate 0. The gradient of a point is that of `ga`, weighed by
    2 (p / p0)^β / (1 + (p / p0)^β): it is `ga` as β -> 0, and fades as p falls below p0. An epoch
    costs a gradient of every forgotten point and, with a retain weight, of a batch of the retain
    set beside each step. p0 takes one forward pass over all points of the data set, which is no
    gradient and not counted as one.

    Parameters
    ----------
    learner : the pretrained members
    learning_rate : step size
    batch_size : points of the retain set in a step
    forget_batch_size : points of the forget set in a step
    batch_norm : ``"train"`` or ``"frozen"``
    beta : β > 0
    retain_weight : of L_R, 0 leaves it out
    epochs : passes over the forget set after which a snapshot is taken
    """
    every = learner.data.labels.expand(learner.members, *learner.data.labels.shape)
    reference = log_likelihood(learner.teacher_logits(), every)
    learner.start(learning_rate=learning_rate, batch_norm=batch_norm)

    def leave(current: Learner, batch: Tensor) -> Tensor:
        logits, labels = current.logits(batch)
        return preference(logits, labels, of_points(reference, batch), beta)

    def leave_and_keep(current: Learner, batch: Joint) -> Tensor:
        return leave(current, batch.forget) + retain_weight * current.cross_entropy(batch.retain)

    for epoch in range(1, max(epochs) + 1):
        if retain_weight:
            pairs = learner.joint_batches(forget_batch_size, batch_size, epoch, over=FORGET)
            learner.minimise(leave_and_keep, pairs)
        else:
            learner.minimise(leave, learner.forget_batches(forget_batch_size, epoch))
        if epoch in epochs:
            yield Snapshot(learner, epoch)
