"""Pages on disk: whole, and as a report in one file can show them."""

from os import PathLike

from unlearning.artifacts.files import atomic
from unlearning.html import in_report


def save_page(page: str, path: str | PathLike[str], shown: str | PathLike[str]) -> None:
    """Write a page, and what a report in one file shows of it.

    Parameters
    ----------
    page : a whole `unlearning.html.document`
    path : of the page
    shown : of what `unlearning.html.in_report` makes of it
    """
    for target, text in ((path, page), (shown, in_report(page, str(path)))):
        with atomic(target) as temporary:
            temporary.write_text(text)
