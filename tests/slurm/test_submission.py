"""What SLURM does not take as it comes: retries that ask for too much, a queue that is full."""

import os

import pytest

from tests.helpers.commands import write
from tests.helpers.study import copy_repository
from tests.helpers.toy import ON_SLURM, Toy

CHUNK = "pretrained/0-1"
GPU = "      slurm_partition: ?repr(gpu_partition)\n"
#: sbatch that refuses its second call: the retry.
SBATCH = """\
echo >>{folder}/calls
test $(wc -l <{folder}/calls) = 2 || exec /usr/bin/sbatch "$@"
echo sbatch: error: QOSMaxSubmitJobPerUserLimit >&2
exit 1
"""


@pytest.fixture
def prepare(tmp_path):
    """Return a function that prepares a study with one target."""

    def start(target):
        copy_repository(tmp_path)
        toy = Toy(tmp_path, [f"results/toy/{target}"])
        toy.prepare()
        return toy

    return start


def test_a_retry_keeps_to_the_limits_of_a_list_of_partitions_and_waits(slurm, prepare, monkeypatch):
    toy = prepare(f"{CHUNK}.safetensors")
    profile = toy.folder / "profiles" / "slurm" / "profile.yaml"
    text = profile.read_text().replace("gpu_partition: gpu", "gpu_partition: gpu,cpu")
    grows = "      runtime: 45 * attempt\n      mem_mb: 40000 * attempt\n"
    profile.write_text(text.replace(GPU, GPU + grows))
    (toy.disturbances / "fail-it").write_text(f"toy/{CHUNK}.json")
    write(toy.disturbances, sbatch=SBATCH.format(folder=toy.disturbances))
    monkeypatch.setenv("PATH", f"{toy.disturbances}:{os.environ['PATH']}")
    printed = toy.run(*ON_SLURM, "--retries=1")
    jobs = slurm.jobs(toy.folder)
    assert [job["JobState"] for job in jobs] == ["FAILED", "COMPLETED"]
    assert [job["TimeLimit"] for job in jobs] == ["00:45:00", "01:00:00"]
    # As SLURM writes 64000 MB.
    assert [job["MinMemoryNode"] for job in jobs] == ["40000M", "62.50G"]
    assert "asks for 60, the limit of partition gpu,cpu." in printed
    assert "asks for 64000, the limit of partition gpu,cpu." in printed
    assert printed.count("now (QOSMaxSubmitJobPerUserLimit): it is submitted again") == 1


def test_what_has_all_images_in_memory_goes_to_a_node_where_a_study_says_so(slurm, prepare):
    toy = prepare("data/dataset.json")
    toy.run(*ON_SLURM, "--config", "load_data_on=node")
    jobs = [(job["rule"], job["Partition"], job["JobState"]) for job in slurm.jobs(toy.folder)]
    assert jobs == [("prepare_data", "cpu", "COMPLETED")]
