"""SCRUB: teacher and student, by hand."""

import numpy as np
import torch

from tests.helpers.pixels import (
    ASCENT,
    SCRUB,
    STEP,
    cross_entropy_gradient,
    make_learner,
    weight,
)
from unlearning.methods import scrub
from unlearning.methods.scrub import distillation
from unlearning.trajectories.learner import Learner


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
