"""The batches of a pass: over the forget set, the retain set, or both."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import NamedTuple

import torch
from torch import Tensor

from unlearning.computing.batches import ordered, split
from unlearning.study.shares import part

#: The sets, by which a member's orders are told apart; further numbers are of other random things.
FORGET, RETAIN, MIXED = range(3)


class Joint(NamedTuple):
    """The batches of one step on both sets, of indices (M, <= batch_size)."""

    forget: Tensor
    retain: Tensor


@dataclass(frozen=True)
class Passes:
    """Every member's ways through its two sets.

    Attributes
    ----------
    points : indices of the points of `FORGET` and of `RETAIN`
    seeds : (M,) seeds of the members' orders
    shuffle : False keeps the order of the indices
    """

    points: Mapping[int, Tensor]
    seeds: Sequence[int]
    shuffle: bool = True

    def over(
        self, which: int, size: int, epoch: int, *again: int, share: float = 1.0
    ) -> Iterator[Tensor]:
        """Yield the batches (M, <= size) of a pass over a set.

        Parameters
        ----------
        which : `FORGET` or `RETAIN`
        size : of the batches
        epoch : number of the pass
        again : tells passes over the set in the same epoch apart
        share : of the set that is gone through: points of a member's own, others in every epoch
        """
        yield from split(self._order(which, epoch, *again, share=share), size)

    def mixed(self, size: int, epoch: int, share: float) -> Iterator[Tensor]:
        """Yield the batches (M, <= size) of the forget set and a share of the other, shuffled."""
        both = [self._order(FORGET, epoch), self._order(RETAIN, epoch, share=share)]
        yield from split(self._shuffled(torch.cat(both, 1), epoch, MIXED), size)

    def joint(self, sizes: tuple[int, int], epoch: int, over: int) -> Iterator[Joint]:
        """Yield a batch of each set for every step of one pass over one of them.

        Where the other set's batches end before that, they start again in another order.

        Parameters
        ----------
        sizes : of the batches of `FORGET` and of `RETAIN`
        epoch : number of the pass
        over : `FORGET` or `RETAIN`: the set that is gone through once
        """
        other = RETAIN if over == FORGET else FORGET
        first = self.over(other, sizes[other], epoch)
        further = (self.over(other, sizes[other], epoch, again) for again in count(1))
        others = chain(first, chain.from_iterable(further))
        for batch in self.over(over, sizes[over], epoch):
            beside = next(others)
            yield Joint(batch, beside) if over == FORGET else Joint(beside, batch)

    def _order(self, which: int, epoch: int, *again: int, share: float = 1.0) -> Tensor:
        points = self.points[which].expand(len(self.seeds), -1)
        order = self._shuffled(points, epoch, which, *again)
        return order if share == 1 else order[:, : part(points.shape[1], share)]

    def _shuffled(self, points: Tensor, *key: int) -> Tensor:
        return ordered(points, self.seeds, *key, shuffle=self.shuffle)
