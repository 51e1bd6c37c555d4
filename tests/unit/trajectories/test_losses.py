"""Losses of sequences: the mean over tokens, and nothing from behind the end."""

import torch
from torch.nn import functional

from unlearning.ensembles.training import cross_entropy
from unlearning.methods import npo
from unlearning.trajectories.losses import divergence, of_points

GENERATOR = torch.Generator().manual_seed(0)
#: Two members, three sequences of 4, 2 and 1 predictions, of three tokens.
LOGITS, OTHER = torch.randn(2, 2, 3, 5, 3, generator=GENERATOR, dtype=torch.float64)
LENGTHS = (4, 2, 1)
LABELS = torch.full((2, 3, 4), -1)
for place, length in enumerate(LENGTHS):
    LABELS[:, place, :length] = torch.randint(0, 3, (2, length), generator=GENERATOR)


def each_sequence(of_tokens):
    """Return the mean over the tokens of each sequence (members, batch), one after another."""
    rows = [
        [of_tokens(member, place, slice(length)).mean() for place, length in enumerate(LENGTHS)]
        for member in range(2)
    ]
    return torch.stack([torch.stack(row) for row in rows])


def log_likelihoods(member, place, tokens):
    every = LOGITS[member, place, tokens].log_softmax(-1)
    return every.gather(-1, LABELS[member, place, tokens].unsqueeze(-1)).squeeze(-1)


def test_the_cross_entropy_of_a_sequence_is_the_mean_over_its_tokens():
    expected = -each_sequence(log_likelihoods).mean(1).sum()
    torch.testing.assert_close(cross_entropy(LOGITS[:, :, :4], LABELS), expected)


def test_the_divergence_of_a_sequence_is_the_mean_over_its_tokens():
    def kl(member, place, tokens):
        ours, theirs = (each[member, place, tokens] / 2 for each in (LOGITS, OTHER))
        pair = ours.log_softmax(-1), theirs.log_softmax(-1)
        return functional.kl_div(*pair, reduction="none", log_target=True).sum(-1)

    # The teacher knows a further place, behind the end of all sequences of the batch.
    found = divergence(LOGITS[:, :, :4], OTHER, 2.0, LABELS)
    torch.testing.assert_close(found, each_sequence(kl).mean(1).sum())


def test_a_preference_goes_by_the_mean_log_likelihood_of_the_tokens():
    found = npo.log_likelihood(LOGITS[:, :, :4], LABELS)
    torch.testing.assert_close(found, each_sequence(log_likelihoods))


def test_nothing_pulls_behind_the_end_of_a_sequence():
    logits = LOGITS[:, :, :4].clone().requires_grad_()
    for loss in (
        cross_entropy(logits, LABELS),
        divergence(logits, OTHER, 2.0, LABELS),
        npo.preference(logits, LABELS, torch.zeros(2, 3, dtype=torch.float64), 0.5),
    ):
        (gradient,) = torch.autograd.grad(loss, logits)
        assert (gradient[LABELS < 0] == 0).all() and (gradient[LABELS >= 0] != 0).any()


def test_logits_of_tokens_are_those_of_the_points_of_a_batch():
    batch = torch.tensor([[2, 0], [1, 1]])
    found = of_points(LOGITS, batch)
    torch.testing.assert_close(found, torch.stack([LOGITS[0, [2, 0]], LOGITS[1, [1, 1]]]))
