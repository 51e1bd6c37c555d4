"""Before the first job it is known how the end of one is found, or said what to set."""

from math import inf

import pytest

from tests.helpers.commands import write
from unlearning.planning import accounting
from unlearning.planning.accounting import Configuration, Looks
from unlearning.planning.cluster import Request

SHOWN = """\
Configuration data as of 2026-11-27T23:11:25
AccountingStorageEnforce = associations,qos
AccountingStorageHost   = localhost
AccountingStorageType   = accounting_storage/slurmdbd
AccountingStoreFlags    = (null)
MinJobAge               = 300 sec
"""
JOB = Request("train_oracle", "theory", "gpu")
ENFORCED = frozenset(["associations", "qos"])


def test_the_configuration_is_read():
    assert accounting.configuration(SHOWN) == Configuration(True, ENFORCED, 300)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("accounting_storage/slurmdbd", "accounting_storage/none"),
        ("accounting_storage/slurmdbd", "(null)"),
        ("associations,qos", "associations,nojobs"),
    ],
)
def test_a_cluster_that_records_no_jobs_is_told(old, new):
    assert not accounting.configuration(SHOWN.replace(old, new)).records


def test_a_controller_that_never_forgets_is_told():
    assert accounting.configuration(SHOWN.replace("300 sec", "0 sec")).remembered == inf


def test_what_is_not_shown_is_as_by_default():
    assert accounting.configuration("") == Configuration(True, frozenset({""}), 300)


def test_accounting_answers_for_what_the_controller_forgets():
    for remembered in (2, 300, inf):
        found = accounting.looks(Configuration(True, ENFORCED, remembered), "", 40)
        assert (found.tools, found.longest) == (("squeue", "sacct"), inf)
    assert found.sentence == (
        "Jobs are watched with squeue, and with sacct when squeue has forgotten them."
    )


def test_without_accounting_the_looks_are_as_often_as_the_controller_remembers():
    found = accounting.looks(Configuration(False, ENFORCED, 300), "", 40)
    assert found == Looks(
        ("squeue",),
        100,
        "Jobs are watched with squeue, which knows them after their end, 300 s long; sacct cannot "
        "be asked: this cluster keeps no accounting.",
    )
    assert accounting.looks(Configuration(False, ENFORCED, inf), "", 40).longest == inf


def test_a_database_that_is_away_now_is_asked_later():
    found = accounting.looks(Configuration(True, ENFORCED, 300), "sacct: no connection", 40)
    assert (found.tools, found.longest) == (("squeue", "sacct"), 100)
    assert found.sentence.endswith("sacct cannot be asked: sacct: no connection.")


@pytest.mark.parametrize(("remembered", "setting"), [(119, 39), (60, 20), (2, 1)])
def test_where_a_job_is_forgotten_before_the_first_look_it_is_said_what_to_set(remembered, setting):
    known = Configuration(False, ENFORCED, remembered)
    message = rf"{remembered} s after its end .MinJobAge.*checks: {setting}` to the profile"
    with pytest.raises(ValueError, match=message):
        accounting.looks(known, "", 40)
    assert accounting.looks(known, "", setting).longest == setting


def test_associations_are_read():
    text = "theory|normal,high\nTheory|long\nroot|\n"
    assert accounting.associations(text) == {"theory": {"normal", "high", "long"}, "root": set()}


YOURS = {"theory": {"normal"}, "root": set()}


@pytest.mark.parametrize(
    ("account", "qos"),
    [("theory", ""), ("THEORY", "normal"), ("theory,root", ""), ("root", "unlisted")],
)
def test_what_the_user_has_passes_without_a_word(account, qos):
    assert accounting.check_accounts([Request("r", account, qos=qos)], "me", YOURS, ENFORCED) == []


def test_an_account_that_the_user_has_not_is_refused_with_those_that_there_are():
    message = r"me has no SLURM account other, but theory, root: write one of them at the top of"
    with pytest.raises(ValueError, match=message):
        accounting.check_accounts([JOB, Request("r", "other")], "me", YOURS, ENFORCED)


def test_a_quality_of_service_that_the_account_has_not_is_refused():
    asked = [Request("r", "theory", qos="high")]
    with pytest.raises(ValueError, match=r"theory of me has no quality of service high, but norm"):
        accounting.check_accounts(asked, "me", YOURS, ENFORCED)
    assert accounting.check_accounts(asked, "me", YOURS, frozenset(["associations"])) == []


def test_an_account_that_cannot_be_checked_is_one_sentence_for_all_jobs():
    jobs = [JOB, Request("unlearn", "theory", "gpu"), Request("score_method", "theory", qos="a")]
    found = accounting.check_accounts(jobs, "me", {}, ENFORCED)
    assert found == ["Account theory cannot be checked: SLURM lists none of me."]
    found = accounting.check_accounts(jobs, "me", {"other": set()}, frozenset(["none"]))
    assert found == ["Account theory is not of me; SLURM takes any here."]


DISABLED = "echo Slurm accounting storage is disabled >&2; exit 1"


@pytest.fixture
def tools(monkeypatch, tmp_path):
    """Return a folder of SLURM's commands, the only ones there are."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "shown").write_text(SHOWN)
    write(
        tmp_path, scontrol=f"/bin/cat {tmp_path}/shown", sacct="", sacctmgr="echo 'theory|normal'"
    )
    return tmp_path


def test_a_cluster_with_accounting_is_asked(tools):
    found, doubts = accounting.prepare([JOB], 40)
    assert (found.tools, doubts) == (("squeue", "sacct"), [])
    with pytest.raises(ValueError, match="has no SLURM account other, but theory"):
        accounting.prepare([Request("r", "other")], 40)


def test_a_cluster_without_accounting_is_asked(tools):
    shown = SHOWN.replace("slurmdbd", "none")
    (tools / "shown").write_text(shown)
    write(tools, sacct=DISABLED, sacctmgr=DISABLED)
    found, doubts = accounting.prepare([JOB, JOB], 40)
    assert (found.tools, found.longest) == (("squeue",), 100)
    assert doubts == ["Account theory cannot be checked: this cluster keeps no accounting."]


def test_sacct_that_says_it_is_disabled_is_quoted(tools):
    write(tools, sacct=DISABLED, sacctmgr="exit 1")
    found, doubts = accounting.prepare([JOB], 40)
    assert found.sentence.endswith("sacct: Slurm accounting storage is disabled.")
    assert doubts == ["Account theory cannot be checked: sacctmgr: it failed without a word."]


def test_a_cluster_without_the_commands_is_taken_as_by_default(tools):
    for name in ("scontrol", "sacct", "sacctmgr"):
        (tools / name).unlink()
    found, doubts = accounting.prepare([JOB], 40)
    assert found.longest == 100
    assert found.sentence.endswith("sacct cannot be asked: there is no sacct on the PATH.")
    assert doubts == ["Account theory cannot be checked: there is no sacctmgr on the PATH."]


def test_a_command_that_hangs_is_given_up(tools, monkeypatch):
    monkeypatch.setattr(accounting, "SECONDS", 0.1)
    write(tools, sacct="exec /bin/sleep 5")
    assert "sacct took more than 0.1 s" in accounting.prepare([JOB], 40)[0].sentence
