"""Columns of margins, and the points that they are of."""

import numpy as np

from unlearning.columns import Columns, of_record


def test_a_point_is_the_mean_of_its_columns():
    columns = Columns([2, 1, 3])
    assert (columns.points, columns.count, columns.single) == (3, 6, False)
    values = np.array([[1.0, 3, 5, 0, 6, 9], [0, 0, 1, 1, 1, 1]])
    np.testing.assert_allclose(columns.mean(values), [[2, 5, 5], [0, 1, 1]])
    assert columns.of([2, 0]).tolist() == [3, 4, 5, 0, 1]
    part = columns.part([2, 0])
    np.testing.assert_allclose(part.mean(values[:, columns.of([2, 0])]), [[5, 2], [1, 0]])


def test_images_have_a_column_each_and_keep_every_bit():
    columns = of_record({"n_train": 2, "n_validation": 1})
    values = np.array([0.1, 0.2, 0.3], np.float32)
    assert columns.single and columns.mean(values) is values
    assert columns.of([2, 0]).tolist() == [2, 0]


def test_the_record_of_sequences_says_how_long_they_are():
    assert of_record({"n_train": 1, "n_validation": 1, "lengths": [3, 2]}).count == 5
