"""What SLURM does not take as it comes: retries that ask for too much, lists of partitions."""

from tests.helpers.study import copy_repository
from tests.helpers.toy import ON_SLURM, Toy

CHUNK = "unlearned/ga/lr0.1/1/0-1"
GPU = "      slurm_partition: ?repr(gpu_partition)\n"


def test_a_retry_keeps_to_the_limits_of_a_list_of_partitions(slurm, begin):
    toy = begin(CHUNK)
    profile = toy.folder / "profiles" / "slurm" / "profile.yaml"
    text = profile.read_text().replace("gpu_partition: gpu", "gpu_partition: gpu,cpu")
    grows = "      runtime: 45 * attempt\n      mem_mb: 40000 * attempt\n"
    profile.write_text(text.replace(GPU, GPU + grows))
    (toy.disturbances / "fail-it").write_text(f"toy/{CHUNK}.json")
    printed = toy.run(*ON_SLURM)
    jobs = [job for job in slurm.jobs(toy.folder) if job["rule"] == "unlearn"]
    assert [job["JobState"] for job in jobs] == ["FAILED", "COMPLETED"]
    assert [job["TimeLimit"] for job in jobs] == ["00:45:00", "01:00:00"]
    assert [job["MinMemoryNode"] for job in jobs] == ["40000M", "64000M"]
    assert "asks for 60, the limit of partition gpu,cpu." in printed
    assert "asks for 64000, the limit of partition gpu,cpu." in printed


def test_what_has_all_images_in_memory_goes_to_a_node_where_a_study_says_so(slurm, tmp_path):
    copy_repository(tmp_path)
    toy = Toy(tmp_path, ["results/toy/data/dataset.json"])
    toy.prepare()
    toy.run(*ON_SLURM, "--config", "load_data_on=node")
    jobs = [(job["rule"], job["Partition"], job["JobState"]) for job in slurm.jobs(tmp_path)]
    assert jobs == [("prepare_data", "cpu", "COMPLETED")]
