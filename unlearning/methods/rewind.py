"""Rewind (Mu and Klabjan 2024): go back to an earlier epoch, and on from there without F."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from math import ceil

from unlearning.trajectories.given import EarlyWeights
from unlearning.trajectories.learner import RETAIN, Learner, Snapshot


def unlearn(
    learner: Learner,
    *,
    early_weights: EarlyWeights,
    rewind_to: int,
    learning_rate: float,
    batch_size: int,
    batch_norm: str,
    epochs: Collection[int],
    schedule: str = "original",
) -> Iterator[Snapshot]:
    """Take the weights of an earlier epoch of the original training, and descend on R only.

    theta <- theta - eta grad L_R from theta_t0 on, arXiv 2409.09778. The paper goes on at a
    constant rate; the original schedule is what retraining from there would have. Weights are
    rewound, the optimizer's running gradients are not: they begin at 0. Not checked against its
    text: which optimizer its experiments go on with. Here it is that of the run's conditions, plain
    SGD where nothing is said.

    From the end of training and at learning rate 0 nothing is done at all.

    Parameters
    ----------
    learner : the pretrained members
    early_weights : theirs by the epoch of their training, the end included, and its recipe
    rewind_to : epoch t0 to go back to
    learning_rate : step size; of the original schedule its peak
    batch_size : points of the retain set in a step
    batch_norm : ``"train"`` or ``"frozen"``, at the statistics of that epoch
    epochs : passes over the retain set from there on, after which a snapshot is taken
    schedule : ``"original"`` goes on along the triangle of the recipe from t0 on, which is at 0
        once the original number of epochs is reached; ``"constant"`` keeps the rate
    """
    learner.network.load_state_dict(early_weights[rewind_to])
    learner.start(learning_rate=learning_rate, batch_norm=batch_norm)
    recipe = replace(early_weights.recipe, peak_learning_rate=learning_rate)
    steps_per_epoch = ceil(len(learner.points[RETAIN]) / batch_size)
    for epoch in range(1, max(epochs) + 1):
        first = (rewind_to + epoch - 1) * steps_per_epoch
        for step, batch in enumerate(learner.retain_batches(batch_size, epoch), first):
            if schedule == "original":
                learner.set_learning_rate(recipe.learning_rate(step, steps_per_epoch))
            learner.minimise(Learner.cross_entropy, [batch])
        if epoch in epochs:
            yield Snapshot(learner, epoch)
