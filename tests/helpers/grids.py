"""Rows of scores.csv of a small grid whose choices are known."""

import pandas as pd

from unlearning.scoring.rows import SPLITS

#: setting, epoch, rate, cost, accuracy on forget and validation, loss on both, P95 on the splits.
GRID = [
    ("lr1", 1, 0.1, 0.1, (1.00, 0.97), (0.01, 0.30), (6.0, 0.7, 0.8)),
    ("lr1", 5, 0.1, 0.5, (0.97, 0.96), (0.10, 0.28), (4.0, 0.8, 0.9)),
    ("lr2", 1, 0.2, 0.1, (0.96, 0.95), (0.40, 0.35), (2.0, 1.0, 1.2)),
    ("lr2", 5, 0.2, 0.5, (0.90, 0.91), (0.60, 0.50), (5.0, 4.0, 4.0)),
    ("lr3", 1, 0.3, 0.1, (0.70, 0.90), (0.90, 0.52), (8.0, 6.0, 6.0)),
    ("lr3", 5, 0.3, 0.5, (0.10, 0.30), (9.00, 5.00), (11.0, 9.0, 9.0)),
]


def rows(grid=GRID, forget_sets=("1",), method="ga", dearer=1.0):
    """Rows of scores.csv of a grid, on forget sets each of which costs more than the one before."""
    found = []
    for number, name in enumerate(forget_sets):
        for setting, epoch, rate, cost, accuracy, loss, p95 in grid:
            values = dict(
                zip(("forget", "validation"), zip(accuracy, loss, strict=True), strict=True)
            )
            for split, score in zip(SPLITS, p95, strict=True):
                accurate, lost = values.get(split, (1.0, 0.0))
                found.append(
                    {
                        "method": method, "setting": setting, "kind": "grid", "epoch": epoch,
                        "in_grid": True, "forget_set": name, "split": split,
                        "learning_rate": rate, "n_members": 50, "n_nonfinite": 0, "klom_p95": score,
                        "accuracy": accurate, "loss": lost,
                        "relative_cost": cost * (1 + number * (dearer - 1)),
                    }
                )  # fmt: skip
    return pd.DataFrame(found)
