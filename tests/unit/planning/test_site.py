"""What SLURM says of a cluster and of a person on it is read as it stands."""

from math import inf

import pytest

from tests.helpers.commands import write
from tests.helpers.sites import ACCOUNTS, ASSOCIATIONS_OF_MANY, SINFO, answers, many, small
from unlearning.planning import accounting, site
from unlearning.planning.site import Accounts, Partition


def test_partitions_with_and_without_gpus_are_read():
    assert small().partitions == {
        "cpu": Partition(False, 60, 64000, {"toy": 2}, True),
        "gpu": Partition(False, 60, 64000, {"toy": 2}, False),
    }


def test_default_limits_types_and_who_may_use_a_partition_are_read():
    found = many().partitions
    assert list(found) == ["cpu", "bigmem", "debug", "gpu", "gpu_long"]  # broken is down
    assert found["cpu"] == Partition(True, 7 * 24 * 60, 190000, {}, True)
    assert found["gpu"] == Partition(
        False, 720, 500000, {"a100": 8}, False, frozenset(["vision", "theory"])
    )
    assert (found["gpu_long"].minutes, found["gpu_long"].gpus) == (inf, {"v100": 2, "a100": 1})
    assert found["gpu_long"].refuses == {"guests"}


def test_memory_that_nobody_wrote_down_is_no_limit():
    assert small(listed="all|up|infinite|1|(null)\n").partitions["all"].megabytes == inf


def test_a_partition_for_root_alone_is_left_out():
    shown = "PartitionName=gpu AllowAccounts=ALL RootOnly=YES State=UP\n"
    assert list(small(shown=shown).partitions) == ["cpu"]


def test_accounts_of_this_cluster_are_read_with_the_partitions_that_they_hold_for():
    found = {"vision": {""}, "theory": {"", "gpu_long"}, "guests": {"cpu"}}
    assert many().accounts == Accounts(found, "theory")


def test_a_default_of_another_cluster_is_none():
    assert many(default="elsewhere\n").accounts.default == ""


def test_a_cluster_without_accounts_is_told_from_one_whose_database_is_away():
    assert not small().accounts.kept
    away = small(config=ACCOUNTS, associations=("", "sacctmgr: no connection")).accounts
    assert (away.kept, away.obstacle) == (True, "sacctmgr: no connection")


@pytest.mark.parametrize(
    ("name", "account", "admitted"),
    [
        ("gpu", "vision", True),
        ("gpu", "Theory", True),
        ("gpu", "guests", False),
        ("gpu_long", "guests", False),
        ("cpu", "guests", True),
        ("bigmem", "guests", False),
        ("gpu_long", "theory", True),
        ("cpu", "unheard_of", True),
        ("gpu", "", True),
    ],
)
def test_a_partition_takes_the_accounts_that_it_says_and_that_hold_for_it(name, account, admitted):
    assert many().admits(name, account) == admitted


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        (
            ("", "there is no sinfo on the PATH"),
            "^there is no sinfo on the PATH: run `snakemake pr",
        ),
        (("", "sinfo took more than 60 s"), "^sinfo took more than 60 s: run .* on a login node"),
        ("", "^sinfo lists no partition that takes jobs: run `snakemake profile` on a login node"),
        ("PARTITION AVAIL\n", "^sinfo lists no partition"),
    ],
)
def test_without_partitions_one_sentence_says_where_to_run(listed, message):
    with pytest.raises(ValueError, match=message):
        small(listed=listed)


@pytest.fixture
def ask(monkeypatch, tmp_path):
    """Return a function that asks commands that stand in for SLURM's."""

    def asked(**commands):
        write(tmp_path, **commands)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        site.ask_slurm.cache_clear()
        return site.ask_slurm("ada")

    yield asked
    site.ask_slurm.cache_clear()


def test_commands_that_hang_and_fail_are_waited_for_together(ask, monkeypatch):
    monkeypatch.setattr(accounting, "SECONDS", 5)
    hang = "sleep 30"
    given = ask(sinfo=f"cat <<E\n{SINFO}E", scontrol=hang, sacctmgr="echo down >&2; exit 1")
    assert given == [
        [SINFO, ""],
        ["", "scontrol took more than 5 s"],
        ["", "scontrol took more than 5 s"],
        ["", "sacctmgr: down"],
        ["", "sacctmgr: down"],
    ]


def test_sacctmgr_is_asked_for_the_person(ask):
    given = ask(sinfo="exit 0", scontrol="exit 0", sacctmgr="echo $*")
    assert "user=ada" in given[3][0] and "user ada" in given[4][0]


def test_what_params_carry_is_plain():
    assert answers()[3] == [
        "",
        "sacctmgr: You are not running a supported accounting_storage plugin",
    ]
    assert many(associations=ASSOCIATIONS_OF_MANY.upper()).accounts.partitions == {}
