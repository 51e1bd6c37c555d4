"""Adam is torch's own, member by member."""

import pytest
import torch
from torch import nn

from unlearning.computing.adam import Adam
from unlearning.networks import stacking


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_members_of_a_stack_move_as_each_alone_by_torch(weight_decay):
    def build(seed):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Flatten(), nn.Linear(3, 2)).double()

    stacked = stacking.assemble(build, range(3)).double()
    alone = [build(seed) for seed in range(3)]
    mine = Adam(stacked, 0.01, weight_decay=weight_decay)
    theirs = [
        torch.optim.Adam(each.parameters(), lr=0.01, weight_decay=weight_decay) for each in alone
    ]
    images = torch.randn(3, 5, 1, 1, 3, generator=torch.Generator().manual_seed(0)).double()
    for step in range(6):
        if step == 4:
            mine.learning_rate = 0.1
            for each in theirs:
                each.param_groups[0]["lr"] = 0.1
        mine.step(stacked(images).square().sum())
        for member, each in enumerate(alone):
            theirs[member].zero_grad()
            each(images[member]).square().sum().backward()
            theirs[member].step()
    for member, each in enumerate(alone):
        for name, value in each.state_dict().items():
            found = stacked.state_dict()[name][member]
            torch.testing.assert_close(found, value, rtol=0, atol=1e-12)
