"""Unlearning methods: directions by hand, snapshots, prefixes, teacher and student."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.helpers.networks import stacks_of, unlearned
from unlearning.computing.batches import Data
from unlearning.methods import ga, gda, scrub
from unlearning.methods.scrub import distillation
from unlearning.networks import stacking
from unlearning.study import design
from unlearning.study.sources import ROOT
from unlearning.trajectories.learner import Learner, Snapshot

PIXEL = np.array([0])
OTHER = np.array([1, 2, 3])
SCRUB = {
    "alpha": 0.1,
    "gamma": 0.99,
    "temperature": 4.0,
    "decay_rate": 0.1,
    "decay_epochs": [3, 5, 9],
}
ASCENT = {"forget_batch_size": 2, "ascent_epochs": [1]}
STEP = {"learning_rate": 0.1, "batch_size": 2, "batch_norm": "train"}


def network(seed=0):
    """Two classes, one pixel: logits are the pixel times a weight each."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(1, 2, bias=False))


def make_learner(forget=PIXEL, retain=OTHER, members=1):
    data = Data(
        torch.tensor([1.0, -2.0, 0.5, 1.5], dtype=torch.float64).view(4, 1, 1, 1),
        torch.tensor([0, 1, 0, 1]),
    )
    stacked = stacking.assemble(network, range(members)).double()
    points = torch.from_numpy(forget), torch.from_numpy(retain)
    return Learner(stacked, data, *points, list(range(members)))


def weight(learner):
    return learner.network[1].weight.detach()[0, :, 0].clone()


def cross_entropy_gradient(weights, pixel, label):
    """By hand: (softmax(w x) - onehot(y)) x."""
    probabilities = torch.softmax(weights * pixel, 0)
    probabilities[label] -= 1
    return probabilities * pixel


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


def run(method, epochs, ascent_epochs=None, **extra):
    keywords = {**STEP, **extra, "epochs": epochs}
    axis = [(epoch, None) for epoch in epochs]
    if ascent_epochs:
        keywords |= {"forget_batch_size": 2, "ascent_epochs": ascent_epochs}
        axis = [(epoch, ascent) for ascent in ascent_epochs for epoch in epochs]
    learner = make_learner()
    return unlearned(
        method.unlearn,
        keywords,
        network,
        {
            name: torch.cat([value] * 3)
            for name, value in stacking.weights_of(learner.network).items()
        },
        learner.data,
        PIXEL,
        OTHER,
        [5, 6, 7],
        snapshots=axis,
        execution=stacks_of(3),
    )


@pytest.mark.parametrize(("method", "extra"), [(gda, {}), (scrub, SCRUB)], ids=["gda", "scrub"])
def test_snapshots_and_shared_prefixes_equal_separate_runs(method, extra):
    together = run(method, [2, 4, 6], [1, 3, 4], **extra)
    for row, (ascent, epoch) in enumerate((a, e) for a in (1, 3, 4) for e in (2, 4, 6)):
        alone = run(method, [epoch], [ascent], **extra)
        np.testing.assert_array_equal(together.margins[row], alone.margins[0])
        assert together.sample_gradients[row] == alone.sample_gradients[0]
        assert alone.sample_gradients[0] == design.run_gradients(1, 3, epoch, ascent)


def test_ga_snapshots_equal_separate_runs():
    together = run(ga, [1, 2, 5])
    for row, epoch in enumerate((1, 2, 5)):
        alone = run(ga, [epoch])
        np.testing.assert_array_equal(together.margins[row], alone.margins[0])
        assert alone.sample_gradients[0] == design.run_gradients(1, 3, epoch, None)


def test_published_order_is_the_index_order():
    learner = make_learner(forget=PIXEL, retain=OTHER)
    learner.shuffle = False
    batches = [batch.tolist() for batch in learner.retain_batches(2, 1)]
    assert batches == [[[1, 2]], [[3]]]


def test_members_see_orders_of_their_own_that_repeat():
    learner = make_learner(retain=np.arange(1, 4), members=4)
    first = [batch.tolist() for batch in learner.retain_batches(3, 1)]
    assert first == [batch.tolist() for batch in learner.retain_batches(3, 1)]
    assert first != [batch.tolist() for batch in learner.retain_batches(3, 2)]
    assert len({tuple(order) for order in first[0]}) > 1


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


@pytest.mark.parametrize("yielded", [[], [1, 1], [2]], ids=["missing", "twice", "unasked"])
def test_a_method_must_yield_what_was_asked_for(yielded):
    def careless(learner, *, epochs):
        del epochs
        for epoch in yielded:
            yield Snapshot(learner, epoch)

    learner = make_learner()
    weights = stacking.weights_of(learner.network)
    with pytest.raises(RuntimeError, match="yielded"):
        unlearned(
            careless,
            {"epochs": [1]},
            network,
            weights,
            learner.data,
            PIXEL,
            OTHER,
            [0],
            snapshots=[(1, None)],
            execution=stacks_of(1),
        )


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
