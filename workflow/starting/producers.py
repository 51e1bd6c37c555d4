"""Let Snakemake find out once for each file which rules make it.

It asks for every input of every job: the images, labels and weights of a study are inputs of most
of its jobs, and seven of ten questions have been answered before.
"""

from functools import wraps
from typing import Any


def ask_once(index: Any) -> None:
    """Have an index of outputs remember which rules make a file.

    Parameters
    ----------
    index : ``snakemake.output_index.OutputIndex``; its method that looks for them is replaced.
        Snakemake makes a new index where rules change, which begins with nothing.
    """
    look = index.match_producers

    @wraps(look)
    def match_producers(self: Any, targetfile: str) -> Any:
        known = self.__dict__.setdefault("_known_producers", {})
        if targetfile not in known:
            known[targetfile] = look(self, targetfile)
        return known[targetfile]

    index.match_producers = match_producers
