"""Artifacts are written whole or not at all, and come back."""

import numpy as np
import pandas as pd
import pytest
import torch

from tests.helpers.study import ROOT
from unlearning.artifacts import files
from unlearning.artifacts.files import ArtifactError
from unlearning.artifacts.tables import NAMES, load_table, read_csv, save_table
from unlearning.networks.weights import load_weights, save_weights


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="killed"), files.atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("killed")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_arrays_and_predictions_come_back(tmp_path):
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    files.save_array(str(tmp_path / "new" / "a.npy"), array)
    loaded = files.load_array(str(tmp_path / "new" / "a.npy"), shape=(2, None), dtype=np.float32)
    np.testing.assert_array_equal(loaded, array)
    correct = np.random.default_rng(0).random((2, 3, 21)) < 0.5
    files.save_correct(str(tmp_path / "c.npy"), correct)
    back = files.load_correct(str(tmp_path / "c.npy"), shape=(2, 3, 21))
    np.testing.assert_array_equal(back, correct)


def test_what_numpy_and_pandas_read_is_what_was_saved(tmp_path):
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    files.save_array(str(tmp_path / "a.npy"), array)
    for mode in (None, "r"):
        np.testing.assert_array_equal(np.load(tmp_path / "a.npy", mmap_mode=mode), array)
    table = pd.DataFrame({"forget_set": ["01", "#2"], "klom_p95": [0.1, np.pi]})
    save_table(str(tmp_path / "t.csv"), table)
    pd.testing.assert_frame_equal(load_table(str(tmp_path / "t.csv")), table)
    plain = pd.read_csv(tmp_path / "t.csv", comment="#", nrows=1, dtype={"forget_set": str})
    pd.testing.assert_frame_equal(plain, table[:1])


#: What readers of tables take for something missing, a number, or true.
LIKE_OTHERS = ["NA", "N/A", "n/a", "nan", "NaN", "null", "None", "-inf", "1e3", "01", "007", "1.0"]
LIKE_OTHERS += ["1", "true", "False", "1_000"]


def named_table():
    """Return a table whose names may be taken for something else, with numbers that are missing."""
    rows = len(LIKE_OTHERS)
    columns = {name: LIKE_OTHERS for name in NAMES}
    rates = [np.nan, *np.linspace(-1, 1, rows - 1)]
    return pd.DataFrame({**columns, "batch_norm": [None, *["train"] * (rows - 1)], "rate": rates})


def test_names_are_the_text_that_was_written(tmp_path):
    table, path = named_table(), str(tmp_path / "t.csv")
    save_table(path, table)
    for found in (load_table(path), read_csv(path)):
        for name in NAMES:
            assert found[name].tolist() == LIKE_OTHERS
        np.testing.assert_array_equal(found["rate"], table["rate"])
        assert found["batch_norm"].isna().tolist() == [True, *[False] * (len(table) - 1)]


def test_the_documented_way_to_read_a_table_keeps_names(tmp_path):
    named_table().to_csv(tmp_path / "t.csv", index=False)
    page = (ROOT / "results" / "README.md").read_text()
    code = page.split("```python\n")[1].split("```")[0]
    found = eval(code, {"pd": pd, "path": tmp_path / "t.csv"})
    assert found["forget_set"].tolist() == found["method"].tolist() == LIKE_OTHERS
    assert found["rate"].isna().sum() == 1 and found["rate"].dtype == float


def test_a_record_comes_back_as_json_has_it(tmp_path):
    path = str(tmp_path / "r.json")
    record = {"snapshots": [(1, None)], "resumed": {25: 3}, "seconds": [1e-5, float("nan")]}
    files.save_record(path, record)
    loaded = files.load_record(path)
    assert str(loaded) == str(
        {"snapshots": [[1, None]], "resumed": {"25": 3}, "seconds": [1e-5, float("nan")]}
    )


def test_weights_come_back_and_know_their_seeds(tmp_path):
    path = str(tmp_path / "w.safetensors")
    weights = {"layer.weight": torch.arange(6.0).view(2, 3).t()}
    save_weights(path, weights, [5, 6, 7])
    torch.testing.assert_close(load_weights(path, [5, 6, 7]), weights)
    with pytest.raises(ArtifactError, match="members of other seeds"):
        load_weights(path, [5, 6, 8])
