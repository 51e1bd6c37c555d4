"""What a study of sequences cannot be, said in one sentence before any job."""

import pytest

from tests.helpers.configs import edited, study
from unlearning.study import answering, sayings, targets
from unlearning.study import config as studies


def names(**changes):
    """Return the study of names with some of its sections changed."""
    config = study("names.yaml")
    studies.drop_absent(config)
    for key, value in changes.items():
        config[key] = {**config[key], **value} if isinstance(value, dict) else value
    return config


REFUSED = {
    "a network of images": (
        {"model": "mlp"},
        r"model: mlp takes images, and names has sequences; allowed are ngram, transformer",
    ),
    "padding": ({"dataset": {"pad_to": 20}}, r"dataset\.pad_to: is of images, and names has"),
    "normalisation": (
        {"dataset": {"normalisation": {"mean": [0.5], "std": [1.0]}}},
        r"dataset\.normalisation: is of images",
    ),
    "unequal languages": (
        {"dataset": {"train": 1605}},
        r"dataset\.train: 1605 must be a multiple of 10, its groups",
    ),
    "a class": (
        {"forget_sets": {"random100": {"kind": "class", "label": 1, "size": 2, "seed": 0}}},
        r"forget_sets\.random100: kind class is of images; sequences have groups",
    ),
    "a language that there is not": (
        {"forget_sets": {"finnish": {"kind": "group", "group": "latin", "size": 2, "seed": 0}}},
        r"forget_sets\.finnish\.group: 'latin' is no group of names; allowed are croatian",
    ),
    "a long prefix": (
        {"forget_sets": {"prefix": {"kind": "prefix", "text": "a" * 12}}},
        r"prefix\.text: 'a{12}' is longer than a sequence of names, which has 11 characters",
    ),
    "a method of classes": (
        {"run": {"forget_sets": ["prefix"], "methods": ["random_labels"]}},
        r"run\.methods: random_labels is of classes, and transformer predicts tokens",
    ),
    "frozen BatchNorm": (
        {"methods": {"ga": {
            "sweep": {"learning_rate": [0.1]},
            "snapshots": {"epochs": [1]},
            "fixed": {"batch_size": 8, "batch_norm": "frozen"},
            "controls": [{"learning_rate": [0.0]}],
        }}},
        r"methods\.ga: .* batch_norm frozen, and transformer has no BatchNorm",
    ),
}  # fmt: skip


def test_the_study_is_valid_with_either_network():
    for model in ("transformer", "ngram"):
        studies.check(names(model=model))


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED)
def test_what_sequences_cannot_be_is_refused(changes, message):
    config = names(**changes)
    if changes.get("run", {}).get("methods") == ["random_labels"]:
        config["methods"]["random_labels"] = {
            "sweep": {"learning_rate": [0.1]},
            "snapshots": {"epochs": [1]},
            "fixed": {
                "batch_size": 8,
                "forget_batch_size": 8,
                "batch_norm": "train",
                "retain_share": 0.1,
                "labels": "fixed",
            },
            "controls": [{"learning_rate": [0.0]}],
        }
    with pytest.raises(ValueError, match=message):
        studies.check(config)


def test_images_have_no_prefix_and_no_network_of_tokens():
    with pytest.raises(ValueError, match="model: ngram takes sequences, and digits has images"):
        studies.check(edited(["model"], "ngram"))
    with pytest.raises(ValueError, match="kind prefix is of sequences, and digits has images"):
        studies.check(edited(["forget_sets", "1"], {"kind": "prefix", "text": "1"}))


def test_lemma_1_is_about_classes():
    config = names()
    assert targets.random_forget_sets(config) == []
    assert "random_sets" not in answering.parts(config)
    with pytest.raises(ValueError, match="Lemma 1 is about the accuracy .* names has sequences"):
        targets.compared_forget_sets(config)


def test_only_members_of_a_language_model_say_something():
    assert sayings.forget_sets(study()) == []
    with pytest.raises(ValueError, match="texts: digits has images, and its members say nothing"):
        sayings.methods(study())
    config = names()
    assert sayings.forget_sets(config) == config["run"]["forget_sets"]
    assert sayings.members(config) == [0, 1, 2, 3, 4]
    asked = sayings.runs(config, "prefix")
    assert [run["method"] for run in asked].count("ga") == 3
    assert all(run["arguments"]["learning_rate"] > 0 for run in asked)


def test_a_study_says_what_its_points_are():
    assert "1600 training sequences, transformer, N = 100" in answering.about(names())
    assert "1347 training images, mlp, N = 100" in answering.about(study())
