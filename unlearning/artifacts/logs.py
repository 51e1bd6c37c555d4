"""One log file a job: what it did, how far it is, and why it failed."""

import logging
import sys
from traceback import format_exception_only
from types import TracebackType


def log_to(path: str) -> None:
    """Send the package's messages to a file, and an uncaught error to it and to the console.

    The console has what went wrong, the file how it came to it as well.

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
        if issubclass(kind, KeyboardInterrupt):
            return  # a person knows why, and Python ends by the signal
        if not issubclass(kind, Exception):
            previous(kind, error, trace)
            return
        said = format_exception_only(error)[-1].removeprefix(f"{kind.__module__}.")
        print(said.rstrip(), file=sys.stderr)

    sys.excepthook = record
