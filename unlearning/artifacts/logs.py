"""One log file a job: what it did, how far it is, and why it failed."""

import logging
import sys
from types import TracebackType


def log_to(path: str) -> None:
    """Send the package's messages to a file, and an uncaught error to it and to the console.

    Parameters
    ----------
    path : the job's log file, overwritten
    """
    logging.basicConfig(
        filename=path,
        filemode="w",
        level=logging.INFO,
        format="%(asctime)s %(message)s",
        force=True,
    )
    logging.captureWarnings(True)
    previous = sys.excepthook

    def record(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        logging.error("%s", error, exc_info=(kind, error, trace))
        previous(kind, error, trace)

    sys.excepthook = record
