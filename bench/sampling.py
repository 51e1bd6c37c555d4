"""A forget set as `sample_points` finds it: KLoM and margins of all runs, drawn at random."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.job import Taken, measured
from unlearning.artifacts.files import save_array, save_record
from unlearning.artifacts.tables import save_table, snapshot_columns
from unlearning.study.seeds import ensemble_seeds

FORGET_SET, SEED, CHUNK = "1", 0, 50
#: Of oracles, the last one the end of training; of a trajectory.
ORACLE_EPOCHS = (5, 10, 15, 20, 24)
EPOCHS = 5
SCORING = {"variant": "default", "clip": 100.0, "bootstrap": 20, "seed": SEED}


class Study:
    """Writes the files of one forget set into a folder.

    Parameters
    ----------
    folder : ``results/...``
    methods : names
    sets, runs, train, validation, members, image : forget sets that share the page, runs of a
        method, points, members of an ensemble, an image's height, width and channels
    """

    def __init__(
        self,
        folder: Path,
        methods: Sequence[str],
        size: tuple[int, int, int, int, int, tuple[int, ...]],
    ) -> None:
        self.folder, self.methods = folder, methods
        self.sets, self.runs, self.train, self.validation, members, self.image = size
        self.points = self.train + self.validation
        self.chunks = [
            list(range(first, min(first + CHUNK, members))) for first in range(0, members, CHUNK)
        ]
        self.rng = np.random.default_rng(0)
        self.base = self.rng.standard_normal((len(self.chunks[0]), self.points), np.float32)

    def ensemble(self, name: str, role: str, axis: int | None, **facts: Any) -> dict[str, Any]:
        """Write the chunks of an ensemble, and return its files."""
        forget_set = "" if role == "pretrained" else FORGET_SET
        files: dict[str, Any] = {"margins": [], "records": []}
        for number, members in enumerate(self.chunks):
            seeds = ensemble_seeds("train", SEED, role, forget_set, members)
            path = self.folder / name / str(number)
            record = {"members": members, "seeds": seeds, **facts}
            save_record(f"{path}.json", record)
            # The same numbers moved and stretched: as many to read as if each were drawn.
            moved = self.rng.uniform(0.5, 2, (axis or 1, 2, len(members), 1)).astype(np.float32)
            margins = self.base[: len(members)] * moved[:, 0] + moved[:, 1]
            save_array(f"{path}.npy", margins if axis else margins[0])
            files["margins"].append(f"{path}.npy")
            files["records"].append(f"{path}.json")
        return files

    def trajectories(self, method: str) -> list[dict[str, Any]]:
        """Return the runs of a method, as a job is given them."""
        snapshots = [[epoch, None] for epoch in range(1, EPOCHS + 1)]
        about = {"method": method, "kind": "grid", "hyperparameters": {}, "snapshots": snapshots}
        return [
            {**about, "name": f"lr{number}", "grid": list(range(1, EPOCHS + 1))}
            for number in range(self.runs // EPOCHS)
        ]

    def inputs(self) -> dict[str, Any]:
        """Write all that the job reads, and return it by name."""
        folder, epochs = self.folder, list(ORACLE_EPOCHS)
        data = [str(folder / "data" / name) for name in ("x.npy", "y.npy", "record.json")]
        images = self.rng.integers(0, 255, (self.points, *self.image), dtype=np.uint8)
        save_array(data[0], images)
        save_record(data[2], {"n_train": self.train, "n_validation": self.validation})
        forgotten = self.rng.choice(self.train, min(100, self.train // 2), replace=False)
        save_array(str(folder / "forget.npy"), np.sort(forgotten).astype(np.int64))
        found: dict[str, Any] = {"data": data, "forget_set": str(folder / "forget.npy")}
        found |= {"tables": [], "points": []}
        ensembles = {
            "oracle": self.ensemble("oracle", "oracle", len(epochs), epochs=epochs),
            "second": self.ensemble("second", "oracle", len(epochs), epochs=epochs),
            "pretrained": self.ensemble("pretrained", "pretrained", None, epochs=epochs[-1:]),
            "unlearned": {"margins": [], "records": []},
        }
        for method in self.methods:
            rows = []
            for run in self.trajectories(method):
                facts = {"method": method, "trajectory": run["name"]}
                facts["snapshots"] = run["snapshots"]
                name = f"unlearned/{method}/{run['name']}"
                files = self.ensemble(name, "unlearned", EPOCHS, **facts)
                for kind, paths in files.items():
                    ensembles["unlearned"][kind] += paths
                about = {"forget_set": FORGET_SET, "method": method}
                rows += [about | snapshot_columns(run, *each) for each in run["snapshots"]]
            found["tables"].append(str(folder / "scores" / f"{method}.csv"))
            save_table(found["tables"][-1], pd.DataFrame(rows))
            found["points"].append(str(folder / "klom" / f"{method}.npy"))
            scores = self.rng.standard_exponential((self.runs, self.points), np.float32)
            save_array(found["points"][-1], scores)
        for name, files in ensembles.items():
            found |= {f"{name}_{kind}": paths for kind, paths in files.items()}
        return found

    def measure(self) -> Taken:
        """Return what sampling takes."""
        outputs = ("points.csv", "runs.csv", "counts.npy", "measured.npy", "margins.npy")
        place = self.folder / "explore"
        params = {
            "scoring": SCORING,
            "reference": self.chunks,
            "second": self.chunks,
            "seed": SEED,
            "source": "train",
            "epochs": list(ORACLE_EPOCHS),
            "runs": [run for method in self.methods for run in self.trajectories(method)],
            "margins": "float32",
            "sets": self.sets,
        }
        return measured(
            "sample_points.py",
            self.folder,
            input=self.inputs(),
            output={name.partition(".")[0]: str(place / name) for name in outputs},
            params=params,
            wildcards={"forget_set": FORGET_SET},
        )
