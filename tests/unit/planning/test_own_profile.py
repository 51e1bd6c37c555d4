"""A person's own profile is written once, says what was found, and is never written again."""

import os
from types import SimpleNamespace

import pytest
from yte import process_yaml

from tests.helpers.sites import ACCOUNTS, answers, many, small
from unlearning.planning import own_profile
from unlearning.planning.choosing import KEYS
from unlearning.study.sources import ROOT

TEMPLATE = (ROOT / "workflow" / "templates" / "slurm.yaml").read_text()
NOTHING = dict.fromkeys(KEYS)
SAID = NOTHING | {"gpu_partition": "gpu"}


def proposed(site, given=NOTHING, **more):
    return own_profile.propose(site, given, TEMPLATE, **more)


def params(tmp_path, given=NOTHING, existing=(), **different):
    """Return what the rule is given."""
    return SimpleNamespace(
        user="ada",
        answers=answers(**different),
        given=given,
        place=str(tmp_path / "config" / "snakemake" / "slurm" / "profile.yaml"),
        existing=[str(tmp_path), *map(str, existing)] if existing else [],
    )


def rules(profile):
    tables = list(profile["set-resources"].values())
    assert all(table == tables[0] for table in tables)
    return tables[0]


def test_the_profile_sends_jobs_where_was_found():
    profile = process_yaml(proposed(small()).text)
    assert profile["executor"] == "slurm"
    resources = profile["default-resources"]
    assert (resources["slurm_account"], resources["slurm_partition"]) == ("'any'", "'cpu'")
    assert rules(profile) == {"slurm_partition": "'gpu'"}


def test_the_type_of_gpu_that_was_said_is_asked_for():
    given = SAID | {"gpu_type": "a100"}
    assert rules(process_yaml(proposed(many(), given).text))["gpu_model"] == "'a100'"


def test_where_there_are_no_gpus_none_is_asked_for():
    profile = process_yaml(proposed(small(listed="all|up|infinite|64000|(null)\n")).text)
    assert rules(profile) == {"slurm_partition": "'all'", "gpu": 0}


def test_a_number_and_a_word_of_yaml_stay_names():
    site = small(listed="no*|up|infinite|64000|gpu:1\n")
    profile = process_yaml(proposed(site, NOTHING | {"account": "0123"}).text)
    resources = profile["default-resources"]
    assert (resources["slurm_account"], resources["slurm_partition"]) == ("'0123'", "'no'")


def test_it_names_the_same_rules_as_the_profile_of_the_repository():
    tracked = process_yaml((ROOT / "profiles" / "slurm" / "profile.yaml").read_text())
    assert process_yaml(proposed(small()).text)["set-resources"].keys() == (
        tracked["set-resources"].keys()
    )


def test_nothing_differs_from_what_was_just_written():
    for site, given in ((small(), NOTHING), (many(), SAID)):
        text = proposed(site, given).text
        assert proposed(site, existing=text).differences == ""


def test_a_profile_that_a_person_has_changed_is_told_line_by_line():
    text = proposed(many(), SAID).text
    mine = text.replace("account: theory", "account: vision") + "retries: 1\n"
    assert proposed(many(), existing=mine).differences.splitlines() == [
        "-  account: vision # your default, of vision, theory, guests",
        "+  account: theory # your default, of vision, theory, guests",
        "-retries: 1",
    ]


def test_what_the_cluster_no_longer_has_is_told_with_what_there_is():
    text = proposed(many(), SAID).text.replace("gpu_partition: gpu ", "gpu_partition: old ")
    found = proposed(many(), existing=text).differences
    assert "+  gpu_partition: gpu or gpu_long # there are several with GPUs, no default" in found


@pytest.mark.parametrize("mine", ["", "executor: slurm\n", "- [", "3", "__variables__: 3"])
def test_any_other_profile_is_compared_as_well(mine):
    assert "+  account: theory # your default" in proposed(many(), existing=mine).differences


def test_a_person_is_asked_until_the_answer_is_one():
    prompts, typed = [], iter(["nope", "", "gpu_long"])

    def ask(prompt):
        prompts.append(prompt)
        return next(typed)

    text = proposed(many(), ask=ask).text
    assert "  gpu_partition: gpu_long # as you said, of cpu, bigmem, debug, gpu" in text
    question = "gpu_partition: there are several with GPUs, no default (gpu, gpu_long); which? "
    assert prompts[0] == question
    assert prompts[1].startswith("gpu_partition: this cluster has no partition nope")
    assert all(prompt.endswith(question) for prompt in prompts)


def test_where_the_default_account_lacks_a_partition_the_account_is_asked_first():
    prompts, typed = [], iter(["guests", "vision", "gpu"])

    def ask(prompt):
        prompts.append(prompt.splitlines())
        return next(typed)

    text = proposed(many(default="guests\n"), ask=ask).text
    question = "account: your default, guests, has not the partitions needed (vision, theory); "
    assert prompts[0] == [f"{question}which? "]
    assert prompts[1][0].startswith("account: no partition with GPUs takes jobs of guests, but of")
    assert prompts[2][-1].startswith("gpu_partition: there are several with GPUs")
    assert "  account: vision # as you said" in text and "  gpu_partition: gpu # " in text


def test_a_person_who_leaves_is_told_that_nothing_is_written():
    def ask(prompt):
        raise EOFError

    with pytest.raises(ValueError, match="^gpu_partition was not said: nothing is written"):
        proposed(many(), ask=ask)


def test_where_nobody_can_be_asked_one_sentence_says_what_to_type():
    lost = {"listed": "gpu|up|1:00|9|gpu:1\nb|up|1:00|9|gpu:1\n", "config": ""}
    with pytest.raises(ValueError) as told:
        proposed(small(**lost))
    assert str(told.value) == (
        "account: sacctmgr: You are not running a supported accounting_storage plugin; "
        "cpu_partition: there are several, no default (gpu, b); "
        "gpu_partition: there are several with GPUs, no default (gpu, b): say which, as in "
        "`snakemake profile --config account=NAME cpu_partition=gpu gpu_partition=gpu`"
    )


def test_what_cannot_be_carried_out_is_refused_before(tmp_path):
    own_profile.check(params(tmp_path), asks=False)
    twice = "gpu|up|1:00|9|gpu:1\nb|up|1:00|9|gpu:1\n"
    with pytest.raises(ValueError, match="say which"):
        own_profile.check(params(tmp_path, listed=twice), asks=False)
    own_profile.check(params(tmp_path, listed=twice), asks=True)
    with pytest.raises(ValueError, match="no sinfo on the PATH"):
        own_profile.check(params(tmp_path, listed=("", "there is no sinfo on the PATH")), asks=True)
    with pytest.raises(ValueError, match="no partition x"):
        own_profile.check(params(tmp_path, NOTHING | {"cpu_partition": "x"}), asks=True)


def test_a_folder_that_cannot_be_written_is_refused_with_what_to_do(tmp_path):
    folder = tmp_path / "config"
    folder.write_text("no folder")
    with pytest.raises(ValueError) as told:
        own_profile.check(params(tmp_path), asks=False)
    assert str(told.value) == (
        f"{folder}/snakemake/slurm/profile.yaml cannot be written, {folder} being "
        "no folder that you may write to: mend that, or write account: any, cpu_partition: cpu, "
        "gpu_partition: gpu at the top of profiles/slurm/profile.yaml"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "config").mkdir(mode=0o500)
    with pytest.raises(ValueError, match="no folder that you may write to"):
        own_profile.check(params(tmp_path), asks=False)


def test_a_profile_that_is_there_asks_for_no_place_and_no_answer(tmp_path):
    (tmp_path / "config").write_text("no folder")
    (tmp_path / "mine.yaml").write_text("")
    twice = "gpu|up|1:00|9|gpu:1\nb|up|1:00|9|gpu:1\n"
    there = [tmp_path / "mine.yaml"]
    own_profile.check(params(tmp_path, existing=there, listed=twice), asks=False)
    with pytest.raises(ValueError, match="gone.yaml is there and cannot be read"):
        own_profile.check(params(tmp_path, existing=[tmp_path / "gone.yaml"]), asks=False)


def test_a_profile_is_written_once(tmp_path):
    place = tmp_path / "config" / "slurm" / "profile.yaml"
    own_profile.write(place, "first\n")
    with pytest.raises(FileExistsError):
        own_profile.write(place, "second\n")
    assert place.read_text() == "first\n"


def test_a_disk_that_is_full_leaves_nothing_that_looks_like_a_profile(tmp_path):
    class Full(type(tmp_path)):
        def open(self, mode):
            stream = super().open(mode)

            def write(text):
                raise OSError(28, "No space left on device")

            return _Stream(stream, write)

    with pytest.raises(OSError, match="No space left"):
        own_profile.write(Full(tmp_path / "profile.yaml"), "text")
    assert not list(tmp_path.iterdir())


class _Stream:
    """A file that cannot be written."""

    def __init__(self, stream, write):
        self.stream, self.write = stream, write

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stream.close()


def test_what_the_site_says_and_no_longer_counts_is_told():
    said = {"jobs": "50", "default-resources": ["qos='long'", "runtime=30"]}
    head = (
        "/etc/profile.yaml is the profile of your site, and does not count beside one of your own."
    )
    assert own_profile.set_aside("/etc/profile.yaml", said).splitlines() == [
        f"{head} Of what it says copy into yours what you need:",
        "  jobs: 50",
        "  default-resources: qos='long'",
        "  default-resources: runtime=30",
    ]
    assert own_profile.set_aside("/etc/profile.yaml", {}).endswith(
        "cannot be read, or says nothing."
    )


def test_what_was_found_is_a_table():
    assert own_profile.describe(many()).splitlines() == [
        "accounts of ada: vision, theory (default), guests",
        "  partition      longest job  memory of a node  GPUs of a node",
        "  cpu (default)  7 days       190 GB            none",
        "  bigmem         2 days       2000 GB           none",
        "  debug          30 min       190 GB            none",
        "  gpu            12 h         500 GB            8 a100",
        "  gpu_long       no limit     250 GB            2 v100, 1 a100",
    ]
    without = own_profile.describe(small()).splitlines()
    assert without[0] == "accounts of ada: this cluster keeps none"
    assert without[2].endswith("2 toy, or none")
    away = small(config=ACCOUNTS, associations=("", "sacctmgr took more than 60 s"))
    assert own_profile.describe(away).startswith("accounts of ada: sacctmgr took more than 60 s\n")
