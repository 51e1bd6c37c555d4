"""Whether KLoM can tell members trained in bfloat16 from members trained in float32.

    python -m bench.precision [MEMBERS]

Three ensembles of the digits' small ResNet-9, of other seeds each: two in float32, whose score
against each other is the noise floor, and one in bfloat16, whose margins are taken in float32 as
a study does. A processor rounds as a GPU does, and is several times slower at it.
"""

import sys
from time import process_time

import numpy as np
import torch

from unlearning.computing import batches
from unlearning.computing.execution import Execution
from unlearning.datasets import digits
from unlearning.datasets.images import normalisation
from unlearning.ensembles import evaluations, training
from unlearning.networks import models
from unlearning.scoring.scores import Scoring, score
from unlearning.study.strategies import Strategy

TRAIN, VALIDATION, SIDE = 1347, 450, 16
MODEL = {"name": "resnet9", "width": 0.125}
RECIPE = training.Recipe(24, 50, 0.4, 5, 0.9, 5e-4)  # studies/digits_resnet9.yaml
SPLITS = {"training": np.arange(TRAIN), "validation": np.arange(TRAIN, TRAIN + VALIDATION)}


def prepared():
    """Return the digits, padded to the size that the network needs."""
    dataset = digits.load(n_train=TRAIN, n_validation=VALIDATION, seed=0, folder=None)
    border = (SIDE - dataset.images.shape[1]) // 2
    images = np.pad(dataset.images, ((0, 0), (border, border), (border, border), (0, 0)))
    return batches.prepare(images, dataset.labels, *normalisation(dataset), torch.device("cpu"))


def trained(data, seeds, precision):
    """Return margins and predictions of members of these seeds, and the seconds of a processor."""
    kept, started = evaluations.in_memory(1, len(seeds), len(data.labels)), process_time()
    training.train_ensemble(
        lambda seed: models.build(MODEL, (1, SIDE, SIDE), 10, seed),
        data,
        np.tile(np.arange(TRAIN), (len(seeds), 1)),
        seeds,
        RECIPE,
        execution=Execution(Strategy("grouped", 4), precision),
        snapshots=[RECIPE.epochs],
        evaluations=kept,
    )
    correct = np.unpackbits(kept.correct[0], -1, len(data.labels)).astype(np.bool_)
    return kept.margins[0], correct, process_time() - started


def main():
    """Train, score and print."""
    members = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    data = prepared()
    scoring = Scoring(variant="default", clip=100.0, bootstrap=100, seed=0)
    reference, _, _ = trained(data, range(members), "float32")
    print(f"{members} members each, against {members} in float32")
    print("| trained in | split | P95 KLoM | mean | accuracy | seconds a member |")
    print("|---|---|---|---|---|---|")
    for start, precision in ((1000, "float32"), (2000, "bfloat16")):
        margins, correct, seconds = trained(data, range(start, start + members), precision)
        for row in score(margins, correct, reference, SPLITS, scoring)[0]:
            interval = f"[{row['klom_p95_low']:.2f}, {row['klom_p95_high']:.2f}]"
            print(
                f"| {precision} | {row['split']} | {row['klom_p95']:.2f} {interval} | "
                f"{row['klom_mean']:.2f} | {row['accuracy']:.4f} | {seconds / members:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
