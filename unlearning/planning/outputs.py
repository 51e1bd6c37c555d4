"""What a job writes: the bytes of its files, for disk, memory and time of those that read them.

The sizes of arrays are exact, but sequences count as if each filled the context; what is no array
(records, tables, figures) is measured on the default study and scaled with what it grows with.
"""

from math import ceil, prod
from typing import Any

from unlearning.planning.costs import Costs, chunk_size
from unlearning.study import design, influence, needs, stopping, subsampling

HEADER = 256  # bytes beside the numbers of a .npy file: what it says first, and its seal
FLOAT = 4

#: Bytes of a record, of each member in it and of each snapshot; of rows of scores; of a figure.
RECORD, RECORD_MEMBER, RECORD_SNAPSHOT = 600, 30, 70
SCORE_ROW = 300
SUBSAMPLE_ROW = 400
FIGURE = 400_000
#: The splits that each snapshot is scored on.
SPLITS = 3


class Outputs(Costs):
    """Computes what each job of a study writes.

    Methods take the name of a rule and the job's wildcards, as attributes.
    """

    def outputs(self, rule: str, wildcards: Any) -> dict[str, int]:
        """Return the bytes of every output of a job, by the output's name.

        Returns
        -------
        dict
            Without the rules that only draw or collect small tables.
        """
        match rule:
            case "measure_strategies":
                return {"strategies": 20 * RECORD}
            case "prepare_data":
                pixels = self.points * prod(self.input_shape)
                return {
                    "inputs": HEADER + pixels,
                    "labels": HEADER + 8 * self.points,
                    "record": RECORD,
                }
            case "train_pretrained" | "train_oracle" | "import_pretrained" | "import_oracle":
                return self._trained(rule, wildcards.chunk)
            case "train_oracle_outputs":
                members = chunk_size(wildcards.chunk)
                logits = FLOAT * members * self.predictions * self.classes
                return {"outputs": HEADER + logits, "record": self._record(members, 1)}
            case "train_datamodels":
                members = chunk_size(wildcards.chunk)
                return {
                    "membership": HEADER + members * self.train,
                    "margins": HEADER + FLOAT * members * self.predictions,
                    "record": self._record(members, 1),
                }
            case "unlearn":
                members, snapshots = chunk_size(wildcards.chunk), self.snapshots(wildcards)
                half = self.config["unlearned_margins"] == "float16"
                return self._margins(members, snapshots, FLOAT // 2 if half else FLOAT)
            case "fit_datamodels":
                return {"matrix": HEADER + FLOAT * self.train**2, "quality": 45 * self.train}
            case "import_datamodels":
                return {"matrix": HEADER + FLOAT * self.train**2}
            case "fit_validation_datamodels":
                numbers = FLOAT * (self.points - self.train) * self.train
                return {"matrix": HEADER + numbers, "record": RECORD}
            case "add_datamodels":
                return {"added": HEADER + FLOAT * self.points}
            case "find_components":
                numbers = 8 * self.config["datamodels"]["components"] * self.train
                return {"components": HEADER + numbers, "projections": HEADER + numbers}
            case "select_forget_set":
                return {"indices": HEADER + 8 * self.forget_size(wildcards.forget_set)}
            case "score_method":
                settings = sum(self.axes(wildcards.method, wildcards.forget_set))
                return {
                    "table": SPLITS * SCORE_ROW * settings,
                    "points": HEADER + FLOAT * settings * self.points,
                }
            case "subsample_members":
                numbers = 2 * SPLITS * len(subsampling.subsample_sizes(self.config))
                return {"scores": SUBSAMPLE_ROW * numbers * (self.subsampled() + 2)}
            case _ if rule.startswith("draw_"):
                return {"figure": FIGURE}
        return {}

    @property
    def _repeats(self) -> int:
        repeats: int = self.config["klom"]["bootstrap"]
        return repeats

    def _trained(self, rule: str, chunk: str) -> dict[str, int]:
        members = chunk_size(chunk)
        if rule.endswith("oracle"):
            return self._margins(members, len(design.oracle_snapshots(self.config)))
        weights = FLOAT * members * self.network.numbers
        early = len(needs.early_epochs(self.config)) * weights if rule == "train_pretrained" else 0
        kept = {"early": early} if early else {}
        return {"weights": weights, **self._margins(members, 1), **kept}

    def _margins(self, members: int, snapshots: int, number: int = FLOAT) -> dict[str, int]:
        rows = members * snapshots
        return {
            "margins": HEADER + number * rows * self.predictions,
            "correct": HEADER + rows * ceil(self.predictions / 8),
            "record": self._record(members, snapshots),
        }

    @staticmethod
    def _record(members: int, snapshots: int) -> int:
        return RECORD + RECORD_MEMBER * members + RECORD_SNAPSHOT * snapshots

    def axes(self, method: str, forget_set: str) -> list[int]:
        """Return the number of snapshots of each trajectory of a method on a forget set."""
        return [
            len(design.snapshots(self.config, method, forget_set, run))
            for run in self.trajectories(method, forget_set).values()
        ]

    def subsampled(self) -> int:
        """Return the number of runs on a forget set whose members are subsampled."""
        every = [
            subsampling.looked_at(self.config, name) for name in subsampling.methods(self.config)
        ]
        return sum(len(snapshots) for chosen in every for snapshots in chosen.values())

    def stopped(self, wildcards: Any) -> list[dict[str, Any]]:
        """Return the runs on a forget set whose points get stopping times of their own."""
        return stopping.stopped_runs(self.config, wildcards.forget_set)

    def family_sizes(self) -> list[int]:
        """Return the size of every forget set of the family of influence."""
        sets = influence.forget_sets(self.config)
        return [definition["size"] for definition in sets.values()]
