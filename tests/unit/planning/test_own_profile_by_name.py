"""``--profile slurm`` in the clone: the workflow's profile, and a person's own on top of it."""

import pytest
from snakemake import cli

from bench.repository import ROOT

OWN = """\
executor: slurm
jobs: 7
default-resources: {slurm_account: mine, slurm_partition: here, mem_mb: 1000}
set-resources: {unlearn: {slurm_partition: mine_gpu}}
configfile: beside.yaml
"""


@pytest.fixture
def own(monkeypatch, tmp_path):
    """Return the folder of a person's own profile slurm, which is not there yet."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "site"))
    monkeypatch.delenv("SNAKEMAKE_PROFILE", raising=False)
    return tmp_path / "own" / "snakemake" / "slurm"


def parsed(*arguments):
    """Return what Snakemake makes of its arguments, the settings of rules as text."""
    found = cli.parse_args([*arguments, "fig1"])[1]
    found.defaults = found.default_resources.args
    found.rules = {rule: each.args for rule, each in found.set_resources.items()}
    return found


def everything(found):
    printed = {key: repr(value) for key, value in vars(found).items() if key != "profile"}
    return {key: value for key, value in printed.items() if " at 0x" not in value}


def test_without_a_profile_of_ones_own_it_is_that_of_the_repository(own, capsys):
    assert everything(parsed("--profile", "slurm")) == (
        everything(parsed("--profile", "profiles/slurm"))
    )
    assert "your own" not in capsys.readouterr().err


def test_what_a_persons_own_says_counts(own, capsys):
    own.mkdir(parents=True)
    (own / "profile.yaml").write_text(OWN)
    (own / "beside.yaml").write_text("hours: 5")
    found = parsed("--profile", "slurm")
    assert f"Using your own profile {own / 'profile.yaml'} as well" in capsys.readouterr().err
    assert (found.executor, found.jobs, found.retries) == ("slurm", 7, 2)
    assert {"slurm_account=mine", "slurm_partition=here"} <= {*found.defaults}
    assert not any("runtime" in each for each in found.defaults)
    assert found.rules["unlearn"] == ["slurm_partition=mine_gpu"]
    assert found.rules["train_oracle"] == ["slurm_partition='GPU_PARTITION'"]
    assert found.configfile == [own / "beside.yaml"]
    assert found.targets == ["fig1"]


def test_the_one_before_the_last_name_of_the_file_counts_as_well(own):
    own.mkdir(parents=True)
    (own / "config.yaml").write_text(OWN)
    assert parsed("--profile", "slurm").jobs == 7


def test_a_profile_of_the_site_counts_where_a_person_has_none(own, tmp_path):
    folder = tmp_path / "site" / "snakemake" / "slurm"
    folder.mkdir(parents=True)
    (folder / "profile.yaml").write_text(OWN)
    assert parsed("--profile", "slurm").jobs == 7
    own.mkdir(parents=True)
    (own / "profile.yaml").write_text("jobs: 8\n")
    assert parsed("--profile", "slurm").jobs == 8


def test_the_profile_of_the_repository_by_its_path_is_itself(own):
    own.mkdir(parents=True)
    (own / "profile.yaml").write_text(OWN)
    assert parsed("--profile", "profiles/slurm").jobs == 100


def test_a_profile_that_cannot_be_read_stops_snakemake(own, capsys):
    own.mkdir(parents=True)
    (own / "profile.yaml").write_text("jobs: [1\n")
    with pytest.raises(SystemExit):
        parsed("--profile", "slurm")
    assert f"Using your own profile {own / 'profile.yaml'}" in capsys.readouterr().err
