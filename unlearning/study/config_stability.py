"""Check what a study says of `stability`."""

from collections.abc import Iterator

from unlearning.study.config_words import allowed
from unlearning.study.design import Config


def stability_complaints(config: Config) -> Iterator[str]:
    """Yield what is wrong with ``stability``: more members than there are, names not in ``run``."""
    asked, everyone = config["stability"]["members"], config["ensemble"]["members"]
    if isinstance(asked, str) and asked != "auto":
        yield f"stability.members: {asked!r} must be auto or a list of numbers such as [10, 20]"
    for size in [] if isinstance(asked, str) else asked:
        if size > everyone:
            yield (
                f"stability.members: {size} is more than ensemble.members, which is {everyone}; "
                "leave it out, or train as many members"
            )
    for kind in ("forget_sets", "methods"):
        for name in config["stability"].get(kind, []):
            if name not in config["run"][kind]:
                yield (
                    f"stability.{kind}: {name!r} is not in run.{kind}; "
                    f"{allowed(config['run'][kind])}"
                )
