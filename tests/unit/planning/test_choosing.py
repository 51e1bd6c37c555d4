"""What SLURM says is taken, what it cannot say is asked, what is not there is refused."""

import pytest

from tests.helpers.sites import ACCOUNTS, ASSOCIATIONS_OF_MANY, SINFO, SINFO_OF_MANY, many, small
from unlearning.planning.choosing import KEYS, Choice, Question, choose, said


def values(site, **given):
    """Return what is chosen where nothing is left to ask."""
    chosen, questions = choose(site, given)
    assert not questions
    assert tuple(chosen) == KEYS
    return {key: choice.value for key, choice in chosen.items()}


def asked(site, **given):
    return {each.key: each for each in choose(site, given)[1]}


def test_one_account_and_one_partition_of_each_kind():
    site = small(config=ACCOUNTS, associations="toy|theory|\n", default="theory\n")
    expected = {"account": "theory", "cpu_partition": "cpu", "gpu_partition": "gpu", "gpu_type": ""}
    assert values(site) == expected
    assert choose(site, {})[0]["account"] == Choice("theory", "your only one")


def test_one_partition_is_all_there_is():
    site = small(listed="all*|up|infinite|64000|gpu:2\n")
    assert (values(site)["cpu_partition"], values(site)["gpu_partition"]) == ("all", "all")


def test_the_defaults_are_taken_of_several_and_the_rest_is_asked():
    chosen, questions = choose(many(), {})
    assert chosen["account"] == Choice("theory", "your default, of vision, theory, guests")
    assert chosen["cpu_partition"].value == "cpu"
    assert questions == [
        Question("gpu_partition", ("gpu", "gpu_long"), "there are several with GPUs, no default")
    ]
    assert values(many(), gpu_partition="gpu")["gpu_partition"] == "gpu"


def test_a_default_partition_with_gpus_is_that_for_gpus():
    site = many(listed=SINFO_OF_MANY.replace("cpu*", "cpu").replace("gpu|", "gpu*|"))
    assert choose(site, {})[0]["gpu_partition"].reason == "this cluster's default, of gpu, gpu_long"
    assert asked(site)["cpu_partition"].options == ("cpu", "bigmem")  # debug is short


def test_a_partition_for_short_jobs_is_taken_where_there_is_no_other():
    assert values(small(listed="debug|up|30:00|64000|gpu:1\n"))["cpu_partition"] == "debug"
    beside = "cpu|up|infinite|64000|(null)\ndebug|up|30:00|64000|gpu:1\n"
    assert values(small(listed=beside))["gpu_partition"] == "debug"


def test_partitions_that_do_not_take_the_account_are_left_out():
    assert values(many(), account="theory", gpu_partition="gpu")["cpu_partition"] == "cpu"
    site = many(associations="toy|vision|gpu\n")
    assert values(site)["gpu_partition"] == "gpu"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"gpu_partition": "gpu"},
            "gpu_partition: partition gpu takes no jobs of account guests, but of vision, theory",
        ),
        (
            {"gpu_partition": "gpu_long,gpu"},
            "gpu_partition: partition gpu_long takes no jobs of account guests, but of vision, "
            "theory",
        ),
        (
            {"cpu_partition": "bigmem"},
            "cpu_partition: partition bigmem takes no jobs of account guests, but of vision, "
            "theory",
        ),
        ({}, "account: no partition with GPUs takes jobs of guests, but of vision, theory"),
    ],
)
def test_a_partition_that_refuses_the_account_is_refused_with_those_it_takes(given, message):
    with pytest.raises(ValueError) as told:
        choose(many(), {"account": "guests", **given})
    assert str(told.value) == message


def test_a_partition_for_accounts_of_others_is_refused_with_their_names():
    with pytest.raises(ValueError) as told:
        choose(many(associations="toy|guests|\n"), {"gpu_partition": "gpu"})
    assert str(told.value) == (
        "gpu_partition: partition gpu takes no jobs of account guests, but of theory, vision, "
        "none of which ada has"
    )


def test_an_account_that_has_the_partitions_needed_is_taken_before_the_default():
    chosen, questions = choose(many(default="guests\n"), {})
    assert "account" not in chosen
    assert questions[0] == Question(
        "account", ("vision", "theory"), "your default, guests, has not the partitions needed"
    )
    alone = many(default="guests\n", associations="toy|vision|\ntoy|guests|\n")
    reason = "the only one that has the partitions needed, of vision, guests"
    assert choose(alone, {})[0]["account"] == Choice("vision", reason)
    site = many(associations="toy|vision|\ntoy|theory|gpu_long\ntoy|theory|cpu\n")
    assert values(site, gpu_partition="gpu")["account"] == "vision"
    assert values(site, gpu_partition="gpu_long")["account"] == "theory"


def test_who_has_no_account_for_a_gpu_runs_without():
    site = many(associations="toy|guests|\n", default="guests\n")
    found = choose(site, {})[0]["gpu_partition"]
    assert found.value == "" and found.reason.startswith(
        "no partition with GPUs takes jobs of guests, nor of another account of ada: what would"
    )


def test_a_cluster_that_takes_no_account_of_a_person_is_refused():
    site = many(associations="toy|guests|gone\n")
    with pytest.raises(ValueError, match="^account: no partition takes jobs of guests, but of "):
        choose(site, {})


def test_a_cluster_that_enforces_no_accounts_refuses_none():
    site = many(config=ACCOUNTS.replace("associations,qos", "none"))
    assert values(site, account="guests", gpu_partition="gpu")["gpu_partition"] == "gpu"


def test_nodes_that_have_no_gpu_are_taken_before_those_that_have():
    site = small(listed=SINFO + "plain|up|2:00:00|64000|(null)\n")
    assert values(site)["cpu_partition"] == "plain"


def test_a_cluster_without_accounts_takes_any_word():
    assert choose(small(), {})[0]["account"].reason == (
        "this cluster keeps no accounts, any word will do"
    )
    assert values(small())["account"] == "any"
    lax = ACCOUNTS.replace("associations,qos", "none")
    assert values(small(config=lax, associations="", default=""))["account"] == "any"


@pytest.mark.parametrize(
    ("different", "options", "reason"),
    [
        (
            {"associations": ("", "sacctmgr took more than 60 s")},
            (),
            "sacctmgr took more than 60 s",
        ),
        ({"associations": ""}, (), "SLURM lists none of ada"),
        ({"default": ("", "sacctmgr: no")}, ("vision", "theory"), "you have several"),
    ],
)
def test_an_account_that_is_not_known_is_asked(different, options, reason):
    question = asked(many(**different))["account"]
    assert question.options == options and question.reason.startswith(reason)
    assert values(many(**different), account="theory", gpu_partition="gpu")["account"] == "theory"


def test_a_cluster_without_gpus_runs_without():
    site = small(listed="cpu|up|infinite|64000|(null)\n")
    assert values(site)["gpu_partition"] == ""


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"account": "else"},
            "^account: ada has no SLURM account else, but vision, theory, guests",
        ),
        ({"cpu_partition": "cpu,x"}, "^cpu_partition: this cluster has no partition x that takes"),
        ({"gpu_partition": "broken"}, "^gpu_partition: this cluster has no partition broken"),
        (
            {"gpu_partition": "cpu"},
            "no node of partition cpu has a GPU; those of gpu, gpu_long have",
        ),
        ({"gpu_partition": "gpu", "gpu_type": "v100"}, "^gpu_type: gpu has a100, not v100"),
    ],
)
def test_what_is_not_there_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        choose(many(), given)


def test_a_type_of_a_cluster_without_gpus_is_refused():
    with pytest.raises(
        ValueError, match="gpu_type: this cluster has no GPUs with a type, not a100"
    ):
        choose(small(listed="cpu|up|infinite|64000|(null)\n"), {"gpu_type": "a100"})


def test_several_partitions_and_a_type_of_one_of_them_may_be_said():
    found = values(many(), gpu_partition="gpu,gpu_long", gpu_type="v100", account="VISION")
    assert (found["gpu_partition"], found["gpu_type"]) == ("gpu,gpu_long", "v100")
    assert found["account"] == "VISION"


def test_an_account_that_is_not_enforced_may_be_any():
    lax = ACCOUNTS.replace("associations,qos", "none")
    assert values(many(config=lax), account="else", gpu_partition="gpu")["account"] == "else"


def test_what_snakemake_reads_as_a_number_is_a_name():
    assert said({**dict.fromkeys(KEYS), "account": 123})["account"] == "123"
    assert said(dict.fromkeys(KEYS)) == dict.fromkeys(KEYS)


def test_accounts_tied_to_a_partition_do_not_hold_for_others():
    site = many(associations=ASSOCIATIONS_OF_MANY.replace("theory|\n", "x|gpu\n"))
    assert values(site, account="theory")["gpu_partition"] == "gpu_long"
