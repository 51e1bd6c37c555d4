"""How all figures look, whatever a person's own matplotlib settings are."""

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib


@contextmanager
def applied() -> Iterator[None]:
    """Draw and save with matplotlib's own defaults: a matplotlibrc changes no figure.

    Sizes, fonts and colours of a figure stand in its module; afterwards all is as it was.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        yield
