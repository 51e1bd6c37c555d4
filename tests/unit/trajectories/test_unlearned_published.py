"""What the published code did, against a loop of plain torch over one member.

That half of its grid overwrote the other half was a matter of file names: `docs/corrections.md`, 4.
"""

from copy import deepcopy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.helpers.configs import CONFIG, called_with
from tests.helpers.networks import NETWORKS, stacks_of
from unlearning.computing.batches import Data
from unlearning.ensembles import checkpoints, evaluations
from unlearning.methods import ga, gda, scrub
from unlearning.networks import models, stacking
from unlearning.study import settings
from unlearning.trajectories.unlearned import unlearn_members

METHODS = {"ga": ga, "gda": gda, "scrub": scrub}
FORGET = torch.tensor([1, 4, 5, 9, 12, 13, 17, 18])
TRAIN, POINTS, BATCH, FORGET_BATCH, RATE = 20, 26, 8, 3, 0.2
EPOCHS, ASCENTS, MEMBER = 3, 2, 1
#: Largest difference of margins, a thousand times what rounding makes.
APART = 1e-3


def build(seed):
    model, shape = NETWORKS["resnet9"]
    return models.build(model, shape, 3, seed)


@pytest.fixture
def data():
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(POINTS, *NETWORKS["resnet9"][1], generator=generator, dtype=torch.float64)
    return Data(images, torch.arange(POINTS) % 3)


def unlearned(method, data, protocol="published", rate=RATE, **said):
    """Return what a study makes of a member: its margins at the end, and its sample gradients."""
    config = deepcopy(CONFIG) | {"protocol": protocol}
    stanza = config["methods"][method]
    ascents = {"ascent_epochs": [ASCENTS]} if method != "ga" else {}
    stanza["sweep"] = {"learning_rate": [rate]}
    stanza["sweep"] |= {"forget_batch_size": [FORGET_BATCH]} if ascents else {}
    stanza |= {"snapshots": {"epochs": [EPOCHS], **ascents}, "controls": []}
    stanza["fixed"] |= {"batch_size": BATCH if ascents else FORGET_BATCH, **said}
    [name] = [run["name"] for run in settings.scored_runs(config, method, "2")]
    chunk = SimpleNamespace(
        prepared=SimpleNamespace(data=data, n_train=TRAIN),
        build=build,
        seeds=[5, 6, 7],
        members=(0, 1, 2),
        checkpoint=checkpoints.none(),
        execution=lambda _batch: stacks_of(2),
        record=lambda _execution, _seconds, **facts: facts,
    )
    kept = evaluations.in_memory(1, 3, POINTS)
    weights = stacking.weights_of(stacking.assemble(build, range(3)).double())
    run = called_with(config, method, name, "2")
    function = METHODS[method].unlearn
    record = unlearn_members(chunk, function, run, FORGET.numpy(), weights, kept)
    return kept.margins[0, MEMBER], record["sample_gradients"]


def margins(network, data):
    """z_y - logsumexp of the others, in evaluation mode."""
    with torch.no_grad():
        logits = deepcopy(network).eval()(data.inputs)
    true = functional.one_hot(data.labels, 3).bool()
    return (logits[true] - logits.masked_fill(true, -torch.inf).logsumexp(1)).numpy()


def loop(data, forget, optimizer_of, ascend, descend=None):
    """The published loop: in index order and training mode, ascent before descent."""
    network = build(MEMBER).double().train()
    teacher = deepcopy(network).eval()
    optimizer = optimizer_of(network, teacher)
    retain = torch.tensor([point for point in range(TRAIN) if point not in forget.tolist()])

    def go_through(points, size, loss):
        for batch in points.split(size):
            optimizer.zero_grad()
            with torch.no_grad():
                taught = teacher(data.inputs[batch])
            loss(network(data.inputs[batch]), taught, data.labels[batch]).backward()
            optimizer.step()

    for epoch in range(EPOCHS):
        if descend is None or epoch < ASCENTS:
            go_through(forget, FORGET_BATCH, ascend)
        if descend is not None:
            go_through(retain, BATCH, descend)
    return network


def climb(student, _teacher, labels):
    return -functional.cross_entropy(student, labels)


def fit(student, _teacher, labels):
    return functional.cross_entropy(student, labels)


def apart(student, teacher):
    soft = functional.log_softmax(student / 4, 1), functional.softmax(teacher / 4, 1)
    return functional.kl_div(*soft, reduction="batchmean") * 16


def leave(student, teacher, _labels):
    return -apart(student, teacher)


def follow(student, teacher, labels):
    return 0.99 * functional.cross_entropy(student, labels) + 0.1 * apart(student, teacher)


def plain(network, _teacher):
    return torch.optim.SGD(network.parameters(), RATE)


def at_rest(network, _teacher):
    return torch.optim.SGD(network.parameters(), 0.0)


def of_the_teacher(_network, teacher):
    return torch.optim.SGD(teacher.parameters(), RATE)


def agree(found, network, data):
    np.testing.assert_allclose(found, margins(network, data), rtol=0, atol=1e-6)


def test_scrubs_optimizer_held_the_teachers_weights(data):
    found, _ = unlearned("scrub", data)
    network = loop(data, FORGET, of_the_teacher, leave, follow)
    agree(found, network, data)
    before = build(MEMBER).double()
    for name, value in before.named_parameters():
        assert torch.equal(network.get_parameter(name), value)
    assert np.abs(found - margins(before, data)).max() > APART  # what only statistics do
    # A control of the corrected protocol does the same, and a student that trains does not.
    control, _ = unlearned("scrub", data, "corrected", student="frozen", order="index")
    np.testing.assert_array_equal(control, found)
    trained, _ = unlearned("scrub", data, student="trained")
    agree(trained, loop(data, FORGET, plain, leave, follow), data)
    assert np.abs(trained - found).max() > APART


def test_ascent_in_training_mode_drags_the_statistics_onto_tiny_forget_batches(data):
    found, _ = unlearned("ga", data)
    agree(found, loop(data, FORGET, plain, climb), data)
    still = loop(data, FORGET, at_rest, climb)
    agree(unlearned("ga", data, rate=0.0)[0], still, data)
    # Of the first layer, by hand: nine batches, each a tenth of the way to its mean.
    network = build(MEMBER).double()
    convolution, norm = (
        next(part for part in network.modules() if isinstance(part, kind))
        for kind in (torch.nn.Conv2d, torch.nn.BatchNorm2d)
    )
    mean = norm.running_mean
    for batch in FORGET.split(FORGET_BATCH) * EPOCHS:
        mean = 0.9 * mean + 0.1 * convolution(data.inputs[batch]).mean((0, 2, 3))
    moved = next(part for part in still.modules() if isinstance(part, torch.nn.BatchNorm2d))
    torch.testing.assert_close(moved.running_mean, mean.detach())
    frozen, _ = unlearned("ga", data, rate=0.0, batch_norm="frozen")
    agree(frozen, network, data)
    assert np.abs(margins(still, data) - frozen).max() > APART


def test_what_was_cut_off_a_forget_set_is_retained(data):
    found, gradients = unlearned("gda", data, forget_limit=5)
    agree(found, loop(data, FORGET[:5], plain, climb, fit), data)
    assert gradients == [ASCENTS * 5 + EPOCHS * (TRAIN - 5)]
    whole, gradients = unlearned("gda", data)
    agree(whole, loop(data, FORGET, plain, climb, fit), data)
    assert gradients == [ASCENTS * 8 + EPOCHS * (TRAIN - 8)]
    assert np.abs(found - whole).max() > APART


def test_batches_came_in_index_order(data):
    found, _ = unlearned("gda", data, "corrected", order="index")
    agree(found, loop(data, FORGET, plain, climb, fit), data)
    shuffled, _ = unlearned("gda", data, "corrected")
    assert np.abs(found - shuffled).max() > APART


def test_scrub_with_the_optimizer_of_its_own_paper(data):
    """Momentum goes on from ascent to descent, as it is one optimizer; decay is of all weights."""
    found, _ = unlearned("scrub", data, student="trained", momentum=0.9, weight_decay=5e-4)

    def heavy(network, _teacher):
        return torch.optim.SGD(network.parameters(), RATE, momentum=0.9, weight_decay=5e-4)

    agree(found, loop(data, FORGET, heavy, leave, follow), data)
    light, _ = unlearned("scrub", data, student="trained")
    assert np.abs(found - light).max() > APART
