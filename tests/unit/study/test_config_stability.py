"""More members than there are, and names that the study does not run, are refused in a sentence."""

import pytest

from tests.helpers.configs import edited
from unlearning.study import config as studies

BAD = {
    "more members than there are": (
        ["stability", "members"],
        [20, 120],
        r"stability\.members: 120 is more than ensemble\.members, which is 100; leave it out",
    ),
    "no list": (
        ["stability", "members"],
        "all",
        r"stability\.members: 'all' must be auto or a list of numbers",
    ),
    "one member": (["stability", "members"], [1], r"members\.0: 1 is less than the minimum of 2"),
    "half an order": (["stability", "subsamples"], 51, r"subsamples: 51 is not a multiple of 2"),
    "one run": (["stability", "runs"], 1, r"stability\.runs: 1 is less than the minimum of 2"),
    "forget set": (
        ["stability", "forget_sets"],
        ["1", "10"],
        r"stability\.forget_sets: '10' is not in run\.forget_sets; allowed are 1, 2",
    ),
    "method": (
        ["stability", "methods"],
        ["sgd"],
        r"stability\.methods: 'sgd' is not in run\.methods; allowed are ga, gda, scrub",
    ),
    "budget": (["selection", "budget"], 0, r"selection\.budget: 0 is less than or equal to"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_subsampled_is_refused(case):
    path, value, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        studies.check(edited(path, value))


def test_what_can_be_is_not():
    studies.check(edited(["stability", "members"], [100, 20]))
    studies.check(edited(["stability", "forget_sets"], ["9", "1"]))
