"""The tables behind the answer, and the runs in them that a verdict looks at."""

from dataclasses import dataclass

import pandas as pd

from unlearning.answer.outcomes import measurable, outcomes


@dataclass(frozen=True)
class Evidence:
    """The tables of one study that verdicts are taken from.

    Attributes
    ----------
    cells, parts : controls/cells.csv and decomposition.csv; no parts without BatchNorm
    baselines : scores of pretrained ensemble and floor, with their excess (`baseline_rows`)
    selection : selection.csv
    stopping : stopping/*.csv, joined
    stability : of all forget sets
    influence : influence/correlations.csv
    accuracies : random_sets/*.csv, joined
    sizes : points of each random forget set
    """

    cells: pd.DataFrame
    parts: pd.DataFrame
    baselines: pd.DataFrame
    selection: pd.DataFrame
    stopping: pd.DataFrame
    stability: pd.DataFrame
    influence: pd.DataFrame
    accuracies: pd.DataFrame
    sizes: dict[str, int]

    def grid(self, methods: tuple[str, ...] = ()) -> pd.DataFrame:
        """Return the outcomes of the grid's runs on sets where there is something to unlearn."""
        return self._on_measurable(outcomes(self.cells), methods)

    def frozen(self, methods: tuple[str, ...] = ()) -> pd.DataFrame:
        """Return the same of runs with frozen BatchNorm."""
        return self._on_measurable(outcomes(self.cells, ("frozen_batch_norm",)), methods)

    def _on_measurable(self, runs: pd.DataFrame, methods: tuple[str, ...]) -> pd.DataFrame:
        here = runs["forget_set"].isin(measurable(self.baselines))
        return runs[here & runs["method"].isin(methods or set(runs["method"]))]
