"""What SLURM prints of its partitions is read as it is."""

from math import inf

import pytest

from tests.helpers.sinfo import SINFO
from unlearning.planning import partitions
from unlearning.planning.partitions import ANY, Partition


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("30:00", 30), ("1:30:30", 90.5), ("2-12:00:00", 3600), ("infinite", inf)],
)
def test_a_time_limit_is_read(text, minutes):
    assert partitions.limit_minutes(text) == minutes


def test_what_is_no_time_limit_is_refused():
    with pytest.raises(ValueError, match=r"'n/a' is no time limit such as 2-12:00:00"):
        partitions.limit_minutes("n/a")


def test_partitions_are_read_from_sinfo():
    assert partitions.partitions(SINFO) == {
        "cpu": Partition(7 * 24 * 60, {}, {ANY: 190000}),
        "gpu": Partition(720, {"a100": 8}, {ANY: 900000, "a100": 500000}),
        "mixed": Partition(
            inf, {"v100": 2, "a100": 1}, {ANY: 100000, "v100": 100000, "a100": 100000}
        ),
        "plain": Partition(30, {"": 2}, {ANY: inf, "": inf}),
    }


def test_a_limit_on_the_memory_of_a_job_counts_as_well():
    limits = "PartitionName=cpu AllowGroups=ALL MaxMemPerNode=64000 TRES=x\n"
    limits += "PartitionName=gpu AllowGroups=ALL MaxMemPerNode=UNLIMITED TRES=x\n"
    found = partitions.partitions(SINFO, limits)
    assert found["cpu"].megabytes == {ANY: 64000}
    assert found["gpu"] == partitions.partitions(SINFO)["gpu"]


def test_a_type_that_starts_with_a_digit_is_no_count():
    assert partitions.gpus("gpu:3090:8,shard:3090:16") == {"3090": 8}
    assert partitions.gpus("gpu:8") == {"": 8}
