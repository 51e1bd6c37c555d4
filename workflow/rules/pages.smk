# How a report has pages that grow with the study: as they are, or what a browser opens of them
import sys
from functools import partial
from pathlib import Path


def in_report(page, **of_report):
    """Return as outputs a page, and what a report in one file shows of it.

    Such a report has its pages as addresses, of which browsers open none of more than 2 MB; a
    report.zip has them as they are. Which it will be is on the command line alone.
    """
    whole, shown = str, partial(report, **of_report)
    if any(word.endswith(".zip") for word in sys.argv):
        whole, shown = shown, whole
    return {
        "page": whole(page),
        "shown": shown(str(Path(page).with_suffix("") / "report.html")),
    }
