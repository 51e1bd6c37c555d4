"""Ensembles on disk: margins and predictions of all members, chunk after chunk, checked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unlearning.artifacts.files import load_array, load_correct
from unlearning.artifacts.records import load_records, load_run_records
from unlearning.artifacts.tables import snapshot_columns

Chunks = Sequence[Sequence[int]]


class Files(NamedTuple):
    """Where an ensemble is: a file a chunk of each kind, or of several ensembles in a row."""

    records: Sequence[str]
    margins: Sequence[str] = ()
    correct: Sequence[str] = ()

    def of_each(self, chunks: int) -> list["Files"]:
        """Return the files of each of several ensembles that have so many chunks each."""
        return [
            Files(*(paths[first : first + chunks] for paths in self))
            for first in range(0, len(self.records), chunks)
        ]


def named(inputs: Mapping[str, Any], name: str) -> Files:
    """Return the inputs of a job that begin with a name, such as ``oracle_margins``.

    Raises
    ------
    KeyError
        When there are no records of that name.
    """
    further = (inputs.get(f"{name}_{kind}", ()) for kind in Files._fields[1:])
    return Files(inputs[f"{name}_records"], *further)


@dataclass(frozen=True)
class Ensemble:
    """What is known of an ensemble's members, along an axis of snapshots."""

    records: Sequence[dict[str, Any]]  # one a chunk
    _margins: Sequence[NDArray[Any]]  # one a chunk, each (snapshots, members, points)
    _correct: Sequence[NDArray[np.bool_]]

    def margins(self, snapshot: int) -> NDArray[np.float32]:
        """Return the margins (members, points) of all members at a snapshot."""
        return np.concatenate([chunk[snapshot] for chunk in self._margins], dtype=np.float32)

    def correct(self, snapshot: int) -> NDArray[np.bool_]:
        """Return which points each member predicts right, (members, points)."""
        return np.concatenate([chunk[snapshot] for chunk in self._correct])

    def seconds(self, snapshot: int) -> float:
        """Return the seconds that all members together took until a snapshot."""
        return float(sum(record["seconds"][snapshot] for record in self.records))


class Run(NamedTuple):
    """A trajectory of a method, with the ensemble that it makes.

    ``description`` has the trajectory's ``method``, ``name``, ``kind``, ``hyperparameters``,
    ``snapshots`` (the axis) and ``grid`` (the epochs that the grid asks for).
    """

    description: dict[str, Any]
    ensemble: Ensemble

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield each snapshot's place on the axis, and the columns that tell it from others."""
        method = self.description["method"]
        for row, snapshot in enumerate(self.description["snapshots"]):
            yield row, {"method": method, **snapshot_columns(self.description, *snapshot)}


@dataclass(frozen=True)
class Reader:
    """Reads the ensembles of a study, and refuses those of other members.

    Attributes
    ----------
    study_seed, source : what the members' seeds derive from, as in `records.load_records`
    points : in the data set
    """

    study_seed: int
    source: str
    points: int

    def pretrained(self, files: Files, chunks: Chunks, epochs: int) -> Ensemble:
        """Return the pretrained ensemble, whose files have no axis of snapshots.

        Parameters
        ----------
        files : of its chunks
        chunks : numbers of the members of each chunk
        epochs : that they were trained for

        Raises
        ------
        ArtifactError
            When a file is damaged, or of other members, seeds or epochs.
        """
        records = self._records(files, chunks, "pretrained", "", [epochs])
        return self._read(records, files, chunks)

    def oracle(
        self, files: Files, chunks: Chunks, forget_set: str, epochs: Sequence[int]
    ) -> Ensemble:
        """Return oracles of a forget set; their axis is of ``epochs``. Otherwise `pretrained`."""
        records = self._records(files, chunks, "oracle", forget_set, epochs)
        return self._read(records, files, chunks, len(epochs))

    def runs(
        self,
        files: Files,
        chunks: Chunks,
        forget_set: str,
        described: Sequence[dict[str, Any]],
        dtype: str = "float32",
    ) -> Iterator[Run]:
        """Return trajectories of methods on a forget set; margins are read one after another.

        Parameters
        ----------
        files : chunk after chunk of run after run
        chunks : numbers of the members of each chunk
        forget_set : name
        described : the runs, as `Run` has them
        dtype : that their margins are kept in

        Raises
        ------
        ArtifactError
            As `pretrained`, or when a file is of another trajectory.
        """
        every = load_run_records(
            files.records, described, chunks, study_seed=self.study_seed, forget_set=forget_set
        )
        found = zip(described, every, files.of_each(len(chunks)), strict=True)
        return (
            Run(run, self._read(records, part, chunks, len(run["snapshots"]), dtype))
            for run, records, part in found
        )

    def _records(
        self, files: Files, chunks: Chunks, role: str, forget_set: str, epochs: Sequence[int]
    ) -> list[dict[str, Any]]:
        return load_records(
            files.records,
            chunks,
            study_seed=self.study_seed,
            source=self.source,
            role=role,
            forget_set=forget_set,
            epochs=list(epochs),
        )

    def _read(
        self,
        records: Sequence[dict[str, Any]],
        files: Files,
        chunks: Chunks,
        snapshots: int | None = None,
        dtype: str = "float32",
    ) -> Ensemble:
        axis = () if snapshots is None else (snapshots,)
        shapes = [(*axis, len(members), self.points) for members in chunks]
        margins, correct = (
            [load(path, shape) for path, shape in zip(paths, shapes, strict=True)] if paths else []
            for paths, load in (
                (files.margins, lambda path, shape: load_array(path, shape=shape, dtype=dtype)),
                (files.correct, lambda path, shape: load_correct(path, shape=shape)),
            )
        )
        if snapshots is None:
            margins, correct = [part[None] for part in margins], [part[None] for part in correct]
        return Ensemble(records, margins, correct)
