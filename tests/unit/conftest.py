"""What tests of several rooms share."""

import pytest

from tests.helpers.browser import started


@pytest.fixture(scope="module")
def browser():
    """Return Debian's Chromium; where there can be none, the test is skipped."""
    with started() as one:
        yield one
