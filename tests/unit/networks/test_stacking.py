"""A stacked ensemble is its members, side by side."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.helpers.networks import (
    NETWORKS,
    OF_TOKENS,
    small_ensemble,
    stacks_of,
    trained,
    unlearned,
)
from unlearning.computing import batches
from unlearning.ensembles import margins, training
from unlearning.methods import ga, gda, scrub
from unlearning.networks import models, stacking
from unlearning.trajectories.learner import Conditions

RECIPE = training.Recipe(
    epochs=4, batch_size=8, peak_learning_rate=0.1, peak_epoch=1, momentum=0.9, weight_decay=5e-4
)


@pytest.fixture(params=[*NETWORKS, *OF_TOKENS])
def case(request):
    """A network, float64 data with 40 points, and six members that each see 37 of them."""
    return small_ensemble(request.param, points=40, members=6, dtype=torch.float64)


def train(case, members, size, layout="grouped"):
    build, data, subsets = case
    return trained(
        build,
        data,
        subsets[members],
        [100 + member for member in members],
        RECIPE,
        execution=stacks_of(size, layout),
        snapshots=[1, 4],
    )


def test_a_member_is_the_same_alone_in_any_chunk_and_in_a_plain_loop(case):
    together = train(case, [0, 1, 2, 3, 4, 5], 6)
    for size in (1, 4):
        other = train(case, [0, 1, 2, 3, 4, 5], size)
        for name, value in together.weights.items():
            torch.testing.assert_close(other.weights[name], value, rtol=0, atol=1e-12)
        np.testing.assert_allclose(other.margins, together.margins, rtol=0, atol=1e-6)
    alone = train(case, [3], 1)
    np.testing.assert_allclose(alone.margins[:, 0], together.margins[:, 3], rtol=0, atol=1e-6)
    plain = plain_loop(case, 3)
    for name, value in plain.state_dict().items():
        if name in together.weights:
            torch.testing.assert_close(together.weights[name][3], value, rtol=0, atol=1e-12)


def plain_loop(case, member):
    """The same member by torch's own layers, one batch after another: 20 steps."""
    build, data, subsets = case
    network = build(100 + member).double().train()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.0, momentum=0.9, weight_decay=5e-4)
    step = 0
    for epoch in range(RECIPE.epochs):
        points = torch.from_numpy(subsets[[member]])
        order = batches.ordered(points, [100 + member], epoch)[0]
        for batch in order.split(RECIPE.batch_size):
            optimizer.param_groups[0]["lr"] = RECIPE.learning_rate(step, 5)
            images, labels = data.gather(batch)
            loss = mean_cross_entropy(network(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
    assert step == 20
    return network


def mean_cross_entropy(logits, labels):
    """The mean over points; that of a sequence is the mean over its tokens."""
    if labels.dim() == 1:
        return nn.functional.cross_entropy(logits, labels)
    each = zip(logits, labels, strict=True)
    return sum(nn.functional.cross_entropy(*pair, ignore_index=-1) for pair in each) / len(labels)


def test_float32_members_agree_after_one_step(case):
    build, data, _ = case
    single = data._replace(floating=torch.float32)
    if data.normalisation:
        centre, spread = (value.float() for value in data.normalisation)
        single = data._replace(normalisation=batches.Normalisation(centre, spread))
    batch = torch.arange(40).expand(4, -1)
    stacked = stacking.assemble(build, range(4))
    one_step(stacked, single, batch)
    for member in range(4):
        alone = stacking.assemble(build, [member])
        one_step(alone, single, batch[:1])
        for name, value in alone.state_dict().items():
            torch.testing.assert_close(
                stacked.state_dict()[name][member], value[0], atol=1e-6, rtol=0
            )


def one_step(network, data, batch):
    network.train()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    images, labels = data.gather(batch)
    training.cross_entropy(network(images), labels).backward()
    optimizer.step()


@pytest.mark.parametrize(
    ("batch_norm", "conditions"),
    [
        ("train", Conditions()),
        ("frozen", Conditions()),
        ("train", Conditions(momentum=0.9, weight_decay=5e-4, shuffle=False)),
    ],
    ids=["train", "frozen", "momentum"],
)
@pytest.mark.parametrize("method", [ga, gda, scrub], ids=["ga", "gda", "scrub"])
def test_unlearned_members_do_not_depend_on_their_stack(case, method, batch_norm, conditions):
    build, data, _ = case
    weights = stacking.weights_of(stacking.assemble(build, range(5)).double())
    keywords = {"learning_rate": 0.05, "batch_size": 8, "batch_norm": batch_norm, "epochs": [1, 3]}
    axis = [(1, None), (3, None)]
    if method is not ga:
        keywords |= {"forget_batch_size": 4, "ascent_epochs": [1, 2]}
        axis = [(1, 1), (3, 1), (1, 2), (3, 2)]
    if method is scrub:
        keywords |= {"alpha": 0.1, "gamma": 0.9, "temperature": 4.0}
        keywords |= {"decay_rate": 0.1, "decay_epochs": [2]}
    results = [
        unlearned(
            method.unlearn,
            keywords,
            build,
            weights,
            data,
            np.arange(6),
            np.arange(6, 40),
            [7, 8, 9, 10, 11],
            snapshots=axis,
            execution=stacks_of(size),
            conditions=conditions,
        )
        for size in (1, 2, 5)
    ]
    for other in results[1:]:
        np.testing.assert_allclose(other.margins, results[0].margins, rtol=0, atol=1e-6)
        assert other.sample_gradients == results[0].sample_gradients
    assert not np.array_equal(results[0].margins[0], results[0].margins[1])


def test_a_diverged_member_stays_alone(case):
    build, data, _ = case
    network = stacking.assemble(build, range(3)).double()
    healthy, _ = margins.evaluate(network, data, 3)
    with torch.no_grad():
        next(network.parameters())[1] = torch.nan
    broken, correct = margins.evaluate(network, data, 3)
    assert torch.equal(broken[[0, 2]], healthy[[0, 2]])
    assert broken[1].isnan().all()
    assert not correct[1].any()


def test_margin_is_the_log_odds_of_the_true_class():
    logits = torch.tensor([[1.0, 2.0, 0.5], [0.0, 0.0, 0.0]], dtype=torch.float64)
    odds = torch.softmax(logits, -1)[torch.arange(2), torch.tensor([1, 2])]
    expected = torch.log(odds / (1 - odds))
    torch.testing.assert_close(margins.margin(logits, torch.tensor([1, 2])), expected)


def test_evaluation_leaves_the_mode_alone():
    network = stacking.stack(models.build(*NETWORKS["resnet9"], 3, 0), 2)
    network.train()
    stacking.batch_norms(network)[0].eval()
    before = [layer.training for layer in network.modules()]
    data = batches.Data(torch.zeros(3, 2, 12, 12), torch.zeros(3, dtype=torch.int64))
    margins.evaluate(network, data, 2)
    assert [layer.training for layer in network.modules()] == before


def test_resnet9_is_the_papers():
    network = models.build({"name": "resnet9", "width": 1.0}, (3, 32, 32), 10, seed=0)
    assert sum(parameter.numel() for parameter in network.parameters()) == 2_274_880
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_small_images_are_refused():
    with pytest.raises(ValueError, match="at least 12 x 12"):
        models.build({"name": "resnet9", "width": 1.0}, (1, 8, 8), 10, seed=0)


def test_a_layer_without_a_stacked_form_is_refused():
    with pytest.raises(ValueError, match="Bilinear has parameters"):
        stacking.stack(nn.Sequential(nn.Bilinear(2, 2, 2)), 3)


def test_building_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    models.build(*NETWORKS["mlp"], 3, seed=1)
    assert torch.rand(1) == expected


def test_learning_rate_is_triangular():
    rates = [RECIPE.learning_rate(step, 10) for step in range(40)]
    assert np.argmax(rates) in (9, 10)
    assert rates[0] == pytest.approx(0.1 * 0.05)
    assert rates[-1] == pytest.approx(0.1 * 0.05 / 3)
    assert rates == sorted(rates[:10]) + sorted(rates[10:], reverse=True)
