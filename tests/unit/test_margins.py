"""Margins kept in half the space."""

import numpy as np
import pytest

from unlearning.artifacts import ArtifactError, save_array
from unlearning.evaluations import stored
from unlearning.score_tables import Ensembles
from unlearning.scores import Scoring

MARGINS = np.array([[[0.1, -7.25, 1e5], [-3e38, np.nan, -np.inf]]], np.float32)
HALVED = np.array([[0.1, -7.25, 65504.0], [-65504.0, np.nan, -np.inf]])


def test_float32_is_kept_and_float16_rounds_but_makes_nothing_infinite():
    assert stored(MARGINS, "float32") is MARGINS
    halved = stored(MARGINS, "float16")
    assert halved.dtype == np.float16
    np.testing.assert_allclose(halved[0].astype(float), HALVED, rtol=2**-11)


def test_scores_read_what_was_kept(tmp_path):
    path = str(tmp_path / "0-1.npy")
    save_array(path, stored(MARGINS, "float16"))
    scoring = Scoring(variant="default", clip=100.0, bootstrap=2, seed=0)
    ensembles = Ensembles(2, 1, np.array([0]), scoring)
    loaded = ensembles.load_margins([path], [2], 1, "float16")(0)
    assert loaded.dtype == np.float32
    np.testing.assert_allclose(loaded, HALVED, rtol=2**-11)
    with pytest.raises(ArtifactError, match="holds float16 .* expected float32"):
        ensembles.load_margins([path], [2], 1)
