"""How the members of a chunk are computed together. Pure Python: planning needs it, too.

All strategies compute the same members; which one is fastest depends on the network, the batch and
the device.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

#: What the members of a stack are to the device: one network of grouped convolutions; one of
#: batched matrix products; or networks of their own, side by side, one stream of a GPU each.
LAYOUTS = ("grouped", "batched", "side_by_side")

#: Members of a stack that are tried where the strategy is measured; 1 is a loop over members.
TRIED = {"grouped": (1, 2, 4, 8, 16), "batched": (4, 8, 16), "side_by_side": (2, 4, 8)}

#: What a study may ask for.
WANTED = ("auto", "measured", "loop", *LAYOUTS)


class Strategy(NamedTuple):
    """Members of one stack, and how they are computed."""

    layout: str
    members: int  # in one stack; 1 is a loop over members
    compiled: bool = False  # by torch.compile, which joins what lies between the products

    def __str__(self) -> str:
        """Return what people call it."""
        name = "a loop" if self.members == 1 else f"{self.layout}, {self.members} a stack"
        return f"{name}, compiled" if self.compiled else name


def fixed(model: str, image_size: int, batch_size: int) -> Strategy:
    """Return the strategy that ``auto`` stands for.

    Measured by ``bench/ensemble.py`` on CPU: small layers waste a processor on overhead, and
    stacking shares it; large ones fill it alone, and stacking only spoils the cache. The rule is
    fixed, not timed at run time, so that a study gives the same numbers on every run.

    Parameters
    ----------
    model : name of the architecture
    image_size : pixels a side
    batch_size : samples of one member in a step
    """
    if model in ("mlp", "transformer", "ngram"):
        return Strategy("grouped", 25)
    if image_size <= 16 and batch_size <= 128:
        return Strategy("grouped", 4)
    return Strategy("grouped", 1)


def chosen(computing: Mapping[str, Any], model: str, image_size: int, batch_size: int) -> Strategy:
    """Return the strategy that a study asks for, without measuring.

    Parameters
    ----------
    computing : ``strategy``, one of `WANTED`, where ``"measured"`` is planned for as ``"auto"``;
        ``members_per_stack``, a number or ``"auto"``; ``compile``
    model, image_size, batch_size : as in `fixed`
    """
    wanted, members = computing["strategy"], computing["members_per_stack"]
    rule = Strategy("grouped", 1) if wanted == "loop" else fixed(model, image_size, batch_size)
    return Strategy(
        wanted if wanted in LAYOUTS else rule.layout,
        rule.members if members == "auto" else int(members),
        computing["compile"],
    )


def candidates(members: int, device: str) -> list[Strategy]:
    """Return the strategies to try for a chunk of so many members, none of them compiled.

    Parameters
    ----------
    members : of a chunk
    device : ``"cuda"``, or ``"cpu"``, where matrix products were never faster than convolutions
        and members side by side are a loop
    """
    return [
        Strategy(layout, size)
        for layout in (LAYOUTS if device == "cuda" else LAYOUTS[:1])
        for size in TRIED[layout]
        if size <= members
    ]


def fastest(tried: Iterable[Mapping[str, Any]], batch_size: int) -> Strategy:
    """Return the strategy that was the fastest at a size of batch.

    Parameters
    ----------
    tried : strategies with ``layout``, ``members``, ``compiled``, the ``batch_size`` that they were
        tried at and ``samples_per_second``, None where they could not be run
    batch_size : samples of one member in a step

    Raises
    ------
    ValueError
        When none was tried at this size, or none could be run.
    """
    ran = [
        entry
        for entry in tried
        if entry["batch_size"] == batch_size and entry["samples_per_second"] is not None
    ]
    if not ran:
        raise ValueError(
            f"no strategy was measured at batch {batch_size}; "
            "run again with --forcerun measure_strategies"
        )
    best = max(ran, key=lambda entry: float(entry["samples_per_second"]))
    return Strategy(best["layout"], best["members"], best["compiled"])
