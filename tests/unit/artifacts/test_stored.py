"""Ensembles come back from their files, or are refused."""

import numpy as np
import pytest

from unlearning.artifacts.files import ArtifactError, save_array, save_record
from unlearning.artifacts.stored import Files, Reader, named
from unlearning.ensembles.evaluations import stored
from unlearning.study.seeds import member_seeds

MARGINS = np.array([[[0.1, -7.25, 1e5], [-3e38, np.nan, -np.inf]]], np.float32)
HALVED = np.array([[0.1, -7.25, 65504.0], [-65504.0, np.nan, -np.inf]])


def test_scores_read_what_was_kept(tmp_path):
    path = str(tmp_path / "0-1.npy")
    save_array(path, stored(MARGINS, "float16"))
    run = {"method": "ga", "name": "lr0.1", "snapshots": [(1, None)]}
    record = {"method": "ga", "trajectory": "lr0.1", "snapshots": [(1, None)], "members": [0, 1]}
    seeds = member_seeds(0, "unlearned", "1", [0, 1])
    save_record(str(tmp_path / "0-1.json"), record | {"seeds": seeds})
    files, reader = Files([str(tmp_path / "0-1.json")], [path]), Reader(0, "train", 3)
    [found] = reader.runs(files, [[0, 1]], "1", [run], "float16")
    loaded = found.ensemble.margins(0)
    assert loaded.dtype == np.float32
    np.testing.assert_allclose(loaded, HALVED, rtol=2**-11)
    with pytest.raises(ArtifactError, match="holds float16 .* expected float32"):
        next(reader.runs(files, [[0, 1]], "1", [run]))


def test_inputs_are_found_by_the_name_they_begin_with():
    inputs = {"oracle_records": ["r"], "oracle_margins": ["m"], "second_records": ["s"]}
    assert named(inputs, "oracle") == Files(["r"], ["m"], ())
    with pytest.raises(KeyError, match="oracles_records"):
        named(inputs, "oracles")
