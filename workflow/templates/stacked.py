"""METHOD: a pass of ascent on the forget set, then a pass of descent on the retain set, each epoch.

Say here what your method does and where it is from. This form moves all members of a stack as one
network, which is several times faster than one after another; see docs/your_method.md.
"""

from unlearning.ensembles.training import cross_entropy
from unlearning.trajectories.learner import Snapshot


def unlearn(learner, *, learning_rate: float, batch_size: int, batch_norm: str, epochs):
    """Move a stack of pretrained members, and yield a snapshot at each epoch that is asked for.

    Parameters
    ----------
    learner : the members, with their optimizer (SGD) and their batches; see
        unlearning/trajectories/learner.py
    learning_rate : after the *, hyperparameters by name; METHOD.yaml gives each a value
    batch_size : points of each member in a step
    batch_norm : "train", or "frozen" where BatchNorm is to keep its pretrained statistics
    epochs : the epochs after which a snapshot is wanted
    """

    # A loss is a sum over members, of which each moves down its own gradient. On a GPU its first
    # calls are recorded and then repeated: it must depend on nothing but its arguments.
    def ascent(learner, batch):
        logits, labels = learner.logits(batch)  # (members, batch, classes), (members, batch)
        return -cross_entropy(logits, labels)

    def descent(learner, batch):
        return cross_entropy(*learner.logits(batch))

    learner.start(learning_rate=learning_rate, batch_norm=batch_norm)
    for epoch in range(1, max(epochs) + 1):
        learner.minimise(ascent, learner.forget_batches(batch_size, epoch))
        learner.minimise(descent, learner.retain_batches(batch_size, epoch))
        if epoch in epochs:
            yield Snapshot(learner, epoch)
