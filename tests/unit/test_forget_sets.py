"""Forget sets: the published random streams, the order of projections, and every refusal."""

import hashlib

import numpy as np
import pytest

from unlearning.forget_sets import read_indices, select, validate

LABELS = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2, 2])
PROJECTIONS = np.column_stack([np.arange(10.0), [3, 5, 5, 5, 1, 1, 1, 0, 9, 2]])


def choose(definition):
    return select(definition, name="F", n_train=10, labels=LABELS, projections=PROJECTIONS)


@pytest.mark.parametrize(
    ("size", "seed", "first", "digest"),
    [
        (10, 0, [11841, 12363, 19602], "ad3ba977967dbafa3d0dc18eeabf336c"),
        (100, 1, [766, 1281, 1892], "b1d088d2bfab91aee858d773d40eb56c"),
        (1000, 2, [50, 89, 176], "3b666da43172f1e5894cc63127acc13b"),
    ],
)
def test_random_sets_are_the_published_ones_of_cifar10(size, seed, first, digest):
    definition = {"kind": "random", "size": size, "seed": seed}
    indices = select(definition, name="F", n_train=50_000)
    assert indices.dtype == np.int64
    assert indices[:3].tolist() == first
    assert hashlib.sha256(indices.astype("<i8").tobytes()).hexdigest().startswith(digest)


@pytest.mark.parametrize(
    ("kind", "component", "size", "expected"),
    [
        ("top", 1, 3, [7, 8, 9]),
        ("top", 2, 3, [1, 2, 8]),
        ("bottom", 1, 3, [0, 1, 2]),
        ("bottom", 2, 3, [4, 5, 7]),
        ("ends", 1, 4, [0, 1, 8, 9]),
        ("ends", 2, 6, [1, 2, 4, 5, 7, 8]),
    ],
)
def test_projections_order_points_and_ties_go_to_the_lower_index(kind, component, size, expected):
    assert choose({"kind": kind, "component": component, "size": size}).tolist() == expected


def test_both_ends_of_equal_projections_do_not_overlap():
    definition = {"kind": "ends", "component": 1, "size": 4}
    indices = select(definition, name="F", n_train=10, projections=np.ones((10, 1)))
    assert indices.tolist() == [0, 1, 2, 3]


def test_class_sets_hold_the_whole_class_or_a_seeded_part_of_it():
    assert choose({"kind": "class", "label": 1, "size": None, "seed": 0}).tolist() == [3, 4, 5, 6]
    assert choose({"kind": "class", "label": 1}).tolist() == [3, 4, 5, 6]
    parts = [
        choose({"kind": "class", "label": 1, "size": 2, "seed": seed}).tolist()
        for seed in range(20)
    ]
    assert all(len(part) == 2 and set(part) < {3, 4, 5, 6} for part in parts)
    assert len({tuple(part) for part in parts}) > 1
    assert parts[0] == choose({"kind": "class", "label": 1, "size": 2, "seed": 0}).tolist()


def test_a_group_is_its_range_or_a_random_part_of_it():
    groups = {"newt": [2, 6], "eft": [6, 9]}
    whole = select({"kind": "group", "group": "newt"}, name="F", n_train=10, groups=groups)
    assert whole.tolist() == [2, 3, 4, 5]
    definition = {"kind": "group", "group": "eft", "size": 2, "seed": 0}
    part = select(definition, name="F", n_train=10, groups=groups)
    assert len(part) == 2 and set(part) < {6, 7, 8}
    for group, data, message in (
        ("axolotl", {"groups": groups}, "has no group 'axolotl'; it has newt, eft"),
        ("newt", {}, "has no group 'newt'; it has none"),
    ):
        with pytest.raises(ValueError, match=message):
            select({"kind": "group", "group": group}, name="F", n_train=10, **data)


def test_given_indices_are_sorted():
    indices = choose({"kind": "indices", "indices": np.array([7, 0, 3], dtype=np.uint8)})
    assert indices.dtype == np.int64
    assert indices.tolist() == [0, 3, 7]


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        (
            {"kind": "best"},
            "one of random, top, bottom, ends, class, group, prefix, indices, not 'best'",
        ),
        ({"kind": ["top"]}, "kind must be one of"),
        ({"size": 3, "seed": 0}, "kind must be one of .* not None"),
        ({"kind": "random", "size": 3}, "random takes seed, size, but has size"),
        ({"kind": "class", "label": 1, "sise": 3}, "optionally seed, size, but has label, sise"),
        ({"kind": "random", "size": 10, "seed": 0}, r"size .* 1 and 9 \(.*retain.*\), not 10"),
        ({"kind": "top", "component": 1, "size": 11}, "size .* between 1 and 9 .* not 11"),
        ({"kind": "random", "size": 0, "seed": 0}, "size .* not 0"),
        ({"kind": "random", "size": 2.5, "seed": 0}, "size .* integer .* not 2.5"),
        ({"kind": "random", "size": True, "seed": 0}, "size .* integer .* not True"),
        ({"kind": "random", "size": 3, "seed": -1}, "seed .* between 0 and 4294967295, not -1"),
        ({"kind": "top", "component": 3, "size": 2}, r"component .* 1 and 2 \(.*computed\), not 3"),
        ({"kind": "top", "component": 0, "size": 2}, "component .* not 0"),
        ({"kind": "ends", "component": 1, "size": 3}, "size must be even .* not 3"),
        ({"kind": "class", "label": 3}, "label must be one of 0, 1, 2, not 3"),
        ({"kind": "class", "label": "1"}, "label must be an integer, not '1'"),
        ({"kind": "class", "label": 1, "size": 5, "seed": 0}, "1 and 4 .*class 1.*, not 5"),
        ({"kind": "class", "label": 1, "size": 2}, "seed must be an integer .* not None"),
    ],
)
def test_a_wrong_definition_is_refused_by_name(definition, message):
    with pytest.raises(ValueError, match=f"Forget set F: .*{message}"):
        choose(definition)


@pytest.mark.parametrize(
    ("definition", "data", "message"),
    [
        ({"kind": "class", "label": 1}, {}, r"needs labels of shape \(10,\), not None"),
        ({"kind": "class", "label": 1}, {"labels": [1, 2]}, r"labels .* not \(2,\)"),
        ({"kind": "class", "label": 1}, {"labels": [1] * 10}, "all 10 training points"),
        ({"kind": "top", "component": 1, "size": 2}, {}, "needs finite projections .* not None"),
        (
            {"kind": "ends", "component": 1, "size": 2},
            {"projections": PROJECTIONS[:9]},
            r"needs finite projections of shape \(10, components\), not \(9, 2\)",
        ),
        (
            {"kind": "top", "component": 1, "size": 2},
            {"projections": PROJECTIONS * np.nan},
            "needs finite projections",
        ),
    ],
)
def test_data_that_a_kind_lacks_are_named(definition, data, message):
    with pytest.raises(ValueError, match=f"Forget set F.*{message}"):
        select(definition, name="F", n_train=10, **data)


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([[1, 2]], r"one-dimensional, not of shape \(1, 2\)"),
        ([], "empty"),
        ([0.5, 1], r"integers, not float64 \(0.5, 1.0\)"),
        ([True, False], "integers, not bool"),
        ([3, -1, 10], r"between 0 and 9, but 2 are not \(-1, 10\)"),
        ([4, 1, 4, 1, 2], r"2 are repeated \(1, 4\)"),
        (range(10), "all 10 training points"),
    ],
)
def test_wrong_indices_are_refused_by_name(indices, message):
    with pytest.raises(ValueError, match=f"Forget set F.*{message}"):
        validate(indices, 10, "F")


def test_long_lists_of_wrong_indices_are_cut_short():
    with pytest.raises(ValueError, match=r"20 are not \(10, 11, 12, 13, 14 \.\.\.\)"):
        validate(np.arange(30), 10, "F")


@pytest.mark.parametrize("text", ["4\n0\n7\n", "4\n0\n7", "\ufeff4\r\n 0\r\n7\r\n\r\n"])
@pytest.mark.parametrize("ending", ["txt", "csv"])
def test_text_files_are_read_in_their_order(tmp_path, text, ending):
    path = tmp_path / f"indices.{ending}"
    path.write_bytes(text.encode())
    assert read_indices(path).tolist() == [4, 0, 7]


def test_arrays_are_read_in_their_order(tmp_path):
    path = tmp_path / "indices.npy"
    np.save(path, np.array([4, 0, 7], dtype=np.int32))
    assert read_indices(path).tolist() == [4, 0, 7]


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("a.json", b"[1]", "must end in .npy, .txt or .csv"),
        ("a.txt", None, "No such file"),
        ("a.npy", None, "No such file"),
        ("a.npy", b"not an array", "magic string"),
        ("a.txt", b"\xff\xfe", "decode"),
        ("a.csv", b"index\n3\n", "line 1 is 'index', not one integer"),
        ("a.csv", b"3\n1,2\n", "line 2 is '1,2'"),
        ("a.txt", b"3\n\n4\n", "line 2 is ''"),
        ("a.txt", b"3\n1.0\n", "line 2 is '1.0'"),
    ],
)
def test_unreadable_files_are_named(tmp_path, file, content, message):
    if content is not None:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(ValueError, match=f"{file}: .*{message}"):
        read_indices(tmp_path / file)


def test_an_array_of_other_numbers_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", [1.0, 2.0])
    with pytest.raises(ValueError, match="a.npy: .* holds float64, not integers"):
        read_indices(tmp_path / "a.npy")


def test_a_prefix_is_all_sequences_that_begin_with_it():
    texts = ["mard", "amar", "ma", "m", "madar"]
    definition = {"kind": "prefix", "text": "ma"}
    found = select(definition, name="F", n_train=5, texts=texts)
    np.testing.assert_array_equal(found, [0, 2, 4])
    for given in (texts[1:2], None):
        with pytest.raises(ValueError, match="Forget set F: no training sequence begins with 'ma'"):
            select(definition, name="F", n_train=5, texts=given)
