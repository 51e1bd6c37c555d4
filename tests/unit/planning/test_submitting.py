"""Jobs are submitted by Snakemake's own executor for SLURM so that SLURM can take them."""

import logging
from types import SimpleNamespace

import pytest
from snakemake.iocontainers import ResourceList

from unlearning.planning.cluster import ANY, Offer, Partition
from unlearning.planning.submitting import Submission

OFFER = Offer(
    {
        "gpu": Partition(60, {"a100": 4}, {ANY: 90000, "a100": 64000}),
        "long": Partition(600, {"a100": 4}, {ANY: 90000, "a100": 32000}),
        "cpu": Partition(9000, {}, {ANY: 190000}),
    }
)


def job(attempt, partition="gpu", **resources):
    """Return a job as Snakemake hands it to an executor."""
    found = {"slurm_partition": partition, "gpu": 1, "runtime": 45, "mem_mb": 4000} | resources
    return SimpleNamespace(
        attempt=attempt,
        rule=SimpleNamespace(name="unlearn"),
        resources=ResourceList(fromdict=found),
    )


@pytest.fixture
def asked(caplog):
    """Return a function that submits a job, and returns the minutes and MB that it asks for."""
    caplog.set_level(logging.INFO)
    logger = logging.getLogger("test of submitting")

    def submit(job, offer=OFFER):
        executor = SimpleNamespace(logger=logger, run_job=lambda _: None)
        Submission(executor, offer).begin()
        executor.run_job(job)
        return job.resources.runtime, job.resources.get("mem_mb")

    return submit


def test_a_retry_asks_for_no_more_than_the_partition_allows(asked, caplog):
    assert asked(job(2, runtime=90, mem_mb=100000)) == (60, 64000)
    assert caplog.messages == [
        "Attempt 2 of rule unlearn would ask for 90 minutes: it asks for 60, the limit of "
        "partition gpu.",
        "Attempt 2 of rule unlearn would ask for 100000 MB: it asks for 64000, the limit of "
        "partition gpu.",
    ]


@pytest.mark.parametrize(
    ("wanted", "every", "found"),
    [
        (job(3, runtime=60, mem_mb=64000), False, (60, 64000)),
        (job(1, runtime=90), False, (90, 4000)),
        # SLURM takes one of a list that can, where its administrators do not want each to.
        (job(2, "gpu,long", runtime=900, mem_mb=99999), False, (600, 64000)),
        (job(2, "gpu,long", runtime=900, mem_mb=99999), True, (60, 32000)),
        (job(2, "cpu,gpu", runtime=900), False, (60, 4000)),
        (job(2, "cpu", gpu=0, runtime=900, mem_mb=99999), False, (900, 99999)),
    ],
)
def test_what_is_asked_for(asked, wanted, every, found):
    assert asked(wanted, Offer(OFFER.partitions, every)) == found
