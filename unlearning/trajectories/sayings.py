"""What members of a language model say before and after unlearning, beside oracles that never saw.

A few members go through a run again, of the same seeds and so of the same weights: generated texts
are no part of what a run keeps.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from unlearning.computing.precision import products_in
from unlearning.datasets.sequences import decoded
from unlearning.ensembles import margins
from unlearning.ensembles.chunk import Chunk
from unlearning.ensembles.generation import generate
from unlearning.ensembles.members import train_members
from unlearning.networks import stacking
from unlearning.networks.stacking import Weights
from unlearning.trajectories import outside
from unlearning.trajectories.learner import Conditions, Learner
from unlearning.trajectories.loading import Outside
from unlearning.trajectories.snapshots import Method

#: Texts of each member; and of all of them that a table shows.
TEXTS, SHOWN = 200, 12


class Listener:
    """Asks members for texts, and knows which of these are to be forgotten.

    Parameters
    ----------
    chunk : the members, whose data are sequences
    alphabet : of their tokens
    forget : indices of the forget set
    """

    def __init__(self, chunk: Chunk, alphabet: str, forget: NDArray[np.int64]) -> None:
        self.chunk, self.alphabet, self.forget = chunk, alphabet, forget
        n_train = chunk.prepared.n_train
        self.retain = np.setdiff1d(np.arange(n_train), forget)
        texts = decoded(chunk.prepared.data.inputs.cpu().numpy(), alphabet)
        self.forgotten = {texts[index] for index in forget}
        self.retained = {texts[index] for index in self.retain}
        self.execution = chunk.execution(chunk.study["training"]["batch_size"])

    def network(self, weights: Weights) -> nn.Module:
        """Return a stack of the members with some weights, on their device."""
        data, members = self.chunk.prepared.data, len(self.chunk.members)
        network = self.execution.stack(self.chunk.build(0), members)
        network.load_state_dict(weights)
        return network.to(data.inputs.device, data.dtype)

    def row(self, network: nn.Module) -> dict[str, Any]:
        """Return what the members say, and how well they predict.

        Returns
        -------
        dict
            ``perplexity_forget``, ``perplexity_validation`` (exp of the mean cross-entropy of a
            token, all members together); ``in_forget``, ``in_retain``: shares of the texts that are
            in either set, a text of both in both; ``distinct``: share of different ones; ``texts``:
            the first ones of each member in turn.
        """
        data, members = self.chunk.prepared.data, len(self.chunk.members)
        found, _ = margins.evaluate(network, data, members)
        losses = np.logaddexp(0, -found.cpu().numpy().astype(np.float64)).mean(axis=0)
        lengths = data.labels.ge(0).sum(1).cpu().numpy()
        of_point = np.repeat(np.arange(len(lengths)), lengths)
        validation = np.arange(self.chunk.prepared.n_train, len(lengths))
        tokens = generate(network, data, self.chunk.seeds, TEXTS)
        said = [decoded(each, self.alphabet) for each in tokens]
        every = [text for texts in said for text in texts]
        first = [texts[place] for place in range(SHOWN) for texts in said][:SHOWN]
        return {
            "perplexity_forget": np.exp(losses[np.isin(of_point, self.forget)].mean()),
            "perplexity_validation": np.exp(losses[np.isin(of_point, validation)].mean()),
            "in_forget": np.mean([text in self.forgotten for text in every]),
            "in_retain": np.mean([text in self.retained for text in every]),
            "distinct": len(set(every)) / len(every),
            "texts": ", ".join(first),
        }

    def oracle(self) -> nn.Module:
        """Train the members without the forget set."""
        epochs = self.chunk.study["training"]["epochs"]
        weights, _ = train_members(self.chunk, self.retain, [epochs], self.chunk.in_memory(1))
        return self.network(weights)

    def unlearned(
        self, method: Method | Outside, run: dict[str, Any], pretrained: Weights
    ) -> nn.Module:
        """Run a method once more, up to its last snapshot.

        Parameters
        ----------
        method : its generator, or a user's method of the stacked form
        run : ``arguments``, ``snapshots`` and ``conditions``
        pretrained : weights of the members
        """
        conditions, device = run["conditions"], self.chunk.prepared.data.inputs.device
        if isinstance(method, Outside):
            method, _ = outside.prepared(method, self.chunk, self.execution, pretrained, run)
        forget = self.forget[: conditions["forget_limit"]]
        retain = np.setdiff1d(np.arange(self.chunk.prepared.n_train), forget)
        learner = Learner(
            self.network(pretrained),
            self.chunk.prepared.data,
            torch.from_numpy(np.array(forget)).to(device),
            torch.from_numpy(retain).to(device),
            self.chunk.seeds,
            conditions=Conditions(
                conditions["momentum"],
                conditions["weight_decay"],
                conditions["order"] == "shuffled",
            ),
            execution=self.execution,
            build=self.chunk.build,
        )
        last, found = tuple(run["snapshots"][-1]), learner.network
        with products_in(self.execution.precision):
            for snapshot in method(learner, **run["arguments"]):
                if (snapshot.epoch, snapshot.ascent_epochs) == last:
                    found = snapshot.learner.network
        return found


def table(
    chunk: Chunk,
    alphabet: str,
    forget: NDArray[np.int64],
    pretrained: Weights,
    runs: Iterable[tuple[Method | Outside, dict[str, Any]]],
    forget_set: str,
) -> pd.DataFrame:
    """Return what members say before and after each run, and what oracles say.

    Parameters
    ----------
    chunk : pretrained members
    alphabet : of their tokens
    forget : indices of the forget set
    pretrained : weights of the members
    runs : methods and their runs, each with its ``method`` and ``name``
    forget_set : its name

    Returns
    -------
    DataFrame
        ``forget_set``, ``method``, ``setting``, ``epoch`` and what `Listener.row` returns: a row
        for the pretrained members, one for oracles, one a run.
    """
    before = Listener(chunk, alphabet, forget)
    without = Listener(replace(chunk, role="oracle", forget_set=forget_set), alphabet, forget)
    after = Listener(replace(chunk, role="unlearned", forget_set=forget_set), alphabet, forget)
    epochs = chunk.study["training"]["epochs"]
    rows = [
        {"method": "pretrained", "setting": "pretrained", "epoch": 0}
        | before.row(before.network(stacking.select(pretrained, slice(None)))),
        {"method": "oracle", "setting": "oracle", "epoch": epochs} | without.row(without.oracle()),
    ]
    for method, run in runs:
        epoch, ascent = run["snapshots"][-1]
        setting = run["name"] + (f"_ascent{ascent}" if ascent is not None else "")
        names = {"method": run["method"], "setting": setting, "epoch": epoch}
        rows.append(names | after.row(after.unlearned(method, run, pretrained)))
    return pd.DataFrame([{"forget_set": forget_set, **row} for row in rows])
