"""Unlearning methods: directions by hand, teacher and student, BatchNorm."""

import numpy as np
import torch
from torch import nn

from tests.helpers.pixels import (
    ASCENT,
    SCRUB,
    STEP,
    cross_entropy_gradient,
    make_learner,
    weight,
)
from unlearning.computing.batches import Data
from unlearning.methods import ga, gda, scrub
from unlearning.methods.scrub import distillation
from unlearning.networks import stacking
from unlearning.study.sources import ROOT
from unlearning.trajectories.learner import Learner


def test_ga_climbs_the_forget_loss():
    learner = make_learner()
    before = weight(learner)
    list(ga.unlearn(learner, **STEP, epochs=[1]))
    expected = before + 0.1 * cross_entropy_gradient(before, 1.0, 0)
    torch.testing.assert_close(weight(learner), expected)


def test_gda_climbs_on_the_forget_set_then_descends_on_the_retain_set():
    learner = make_learner(retain=np.array([1]))
    before = weight(learner)
    list(gda.unlearn(learner, **STEP, **ASCENT, epochs=[1]))
    climbed = before + 0.1 * cross_entropy_gradient(before, 1.0, 0)
    expected = climbed - 0.1 * cross_entropy_gradient(climbed, -2.0, 1)
    torch.testing.assert_close(weight(learner), expected)


def test_scrub_moves_the_student_by_hand_and_leaves_the_teacher():
    learner = make_learner(retain=np.array([1]))
    before = weight(learner)
    seen = []

    def watch():
        teacher = Learner.teacher_logits(learner)
        seen.append((teacher, teacher.clone()))
        return teacher

    learner.teacher_logits = watch
    list(scrub.unlearn(learner, **STEP, **ASCENT, **SCRUB, epochs=[1]))
    # At the first ascent step the student is the teacher: the divergence has its minimum there
    # and its gradient is zero, so only the descent step on the retained point moves the student.
    expected = before - 0.1 * 0.99 * cross_entropy_gradient(before, -2.0, 1)
    torch.testing.assert_close(weight(learner), expected)
    assert not torch.equal(weight(learner), before)
    [(used, kept)] = seen
    assert torch.equal(used, kept)


def test_scrub_ascends_the_divergence_from_its_teacher():
    learner = make_learner()
    teacher = learner.teacher_logits()
    list(scrub.unlearn(learner, **STEP, **ASCENT, **SCRUB, epochs=[1]))
    moved = learner.teacher_logits()
    apart = distillation(moved[:, :1], teacher[:, :1], 4.0)
    for batch in learner.forget_batches(2, 2):
        student, _ = learner.logits(batch)
        learner.step(-distillation(student, teacher[:, :1], 4.0))
    assert distillation(learner.teacher_logits()[:, :1], teacher[:, :1], 4.0) > apart > 0


def test_distillation_is_the_softened_divergence():
    student = torch.tensor([[[1.0, 0.0]]], dtype=torch.float64)
    teacher = torch.tensor([[[0.0, 2.0]]], dtype=torch.float64)
    p, q = (torch.softmax(logits[0, 0] / 4, 0) for logits in (teacher, student))
    expected = 16 * (p * (p / q).log()).sum()
    torch.testing.assert_close(distillation(student, teacher, 4.0), expected)
    assert distillation(teacher, teacher, 4.0) == 0


def test_frozen_batch_norm_keeps_its_statistics_and_train_mode_does_not():
    def batch_normed(_seed=0):
        return nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(2, 2))

    data = Data(torch.arange(4.0).view(4, 1, 1, 1), torch.tensor([0, 1, 0, 1]))
    for mode, moves in (("frozen", False), ("train", True)):
        stacked = stacking.assemble(batch_normed, [0])
        statistics = stacked[1].running_mean.clone()
        learner = Learner(stacked, data, torch.tensor([0, 1]), torch.tensor([2, 3]), [0])
        keywords = {"learning_rate": 0.0, "batch_size": 2, "batch_norm": mode}
        list(ga.unlearn(learner, **keywords, epochs=[1]))
        assert torch.equal(stacked[1].running_mean, statistics) is not moves


def test_the_example_of_the_readme_descends_under_wrong_labels():
    example = (ROOT / "README.md").read_text().split("```python\n")[-1].split("```")[0]
    assert example.startswith('"""Random labels')
    module = {}
    exec(example, module)
    learner = make_learner()
    before = weight(learner)
    snapshots = list(module["unlearn"](learner, **STEP, shift=1, epochs=[1]))
    expected = before - 0.1 * cross_entropy_gradient(before, 1.0, 1)
    torch.testing.assert_close(weight(learner), expected)
    assert [snapshot.epoch for snapshot in snapshots] == [1]
