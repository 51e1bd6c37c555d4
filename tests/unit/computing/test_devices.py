"""Which device a job computes on, and what it says where it cannot."""

import os

import pytest
import torch

from unlearning.computing import devices

NO_DRIVER = RuntimeError("Found no NVIDIA driver on your system. Please check that you have one.")
OLD_DRIVER = RuntimeError(
    "The NVIDIA driver on your system is too old (found version 11040). Please update.\nMore."
)


#: What torch for CUDA 13 is built for.
BUILT = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"]


def gpu_is(monkeypatch, capability=(9, 0), built=BUILT, name="toy"):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: capability)
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: built)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device=None: name)


def cuda_is(monkeypatch, *, error=None, count=0):
    def init():
        if error:
            raise error

    monkeypatch.setattr(torch.cuda, "init", init)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


def test_cuda_that_is_asked_for_and_absent_stops_the_job(monkeypatch):
    cuda_is(monkeypatch, error=NO_DRIVER)
    with pytest.raises(RuntimeError, match="device: cuda, and no GPU .* Found no NVIDIA driver"):
        devices.choose("cuda")
    assert devices.choose("auto") == devices.CPU
    cuda_is(monkeypatch)
    with pytest.raises(RuntimeError, match="there is none; set device: cpu"):
        devices.choose("cuda")
    cuda_is(monkeypatch, error=AssertionError("Torch not compiled with CUDA enabled"))
    with pytest.raises(RuntimeError, match="not compiled with CUDA"):
        devices.choose("cuda")


@pytest.mark.parametrize("wanted", ["auto", "cuda"])
def test_a_driver_that_is_too_old_stops_the_job(monkeypatch, wanted):
    cuda_is(monkeypatch, error=OLD_DRIVER)
    with pytest.raises(RuntimeError) as stopped:
        devices.choose(wanted)
    assert f"driver is too old for torch {torch.__version__}" in str(stopped.value)
    assert "found version 11040" in str(stopped.value) and "\n" not in str(stopped.value)
    assert devices.choose("cpu") == devices.CPU


@pytest.mark.parametrize("wanted", ["auto", "cuda"])
def test_a_gpu_that_torch_has_no_kernels_for_stops_the_job(monkeypatch, wanted):
    cuda_is(monkeypatch, count=2)
    gpu_is(monkeypatch, (7, 0), name="Tesla V100")
    with pytest.raises(RuntimeError) as stopped:
        devices.choose(wanted)
    assert str(stopped.value) == (
        f"the study sets device: {wanted}, and no GPU can be used here: torch {torch.__version__} "
        f"has no kernels for Tesla V100 (sm_70), it is built for {', '.join(BUILT)}; "
        "set device: cpu to train on the processor"
    )
    assert devices.choose("cpu") == devices.CPU


@pytest.mark.parametrize(
    ("built", "capability", "runs"),
    [
        (BUILT, (6, 0), False),
        (BUILT, (7, 0), False),
        (BUILT, (7, 5), True),
        (BUILT, (8, 9), True),  # of the same major number, sm_86 runs
        (BUILT, (12, 1), True),
        (BUILT, (13, 0), False),
        ([*BUILT, "compute_120"], (13, 0), True),  # compiled by the driver
        (["compute_90"], (8, 0), False),
        (["sm_86"], (8, 0), False),
        (["sm_90a"], (9, 0), True),
        (["sm_100a"], (10, 3), False),
        (["sm_100f"], (10, 3), True),
        (["compute_90a"], (10, 0), False),
        (["gfx90a", "gfx942"], (9, 4), True),
        ([], (9, 0), True),
    ],
)
def test_which_gpus_code_runs_on(built, capability, runs):
    assert devices.runs_on(built, *capability) == runs


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({"precision": "bfloat16"}, "computing.precision"),
        ({"evaluation_precision": "bfloat16"}, "computing.evaluation_precision"),
    ],
)
def test_bfloat16_that_is_only_emulated_stops_the_job(monkeypatch, change, keys):
    cuda_is(monkeypatch, count=1)
    gpu_is(monkeypatch, (7, 5), name="Tesla T4")
    monkeypatch.setattr(devices, "describe", lambda device: {})
    computing = {"precision": "tf32", "evaluation_precision": "float32", "deterministic": False}
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation
    )
    assert devices.of_study("auto", computing).type == "cuda"
    sentence = f"the study sets {keys}: bfloat16, which Tesla T4 only emulates; set float32, or"
    for wanted in ("auto", "cuda"):
        with pytest.raises(RuntimeError, match=sentence):
            devices.of_study(wanted, computing | change)
    assert devices.of_study("cpu", computing | change) == devices.CPU
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: True)
    assert devices.of_study("cuda", computing | change).type == "cuda"


def test_determinism_is_asked_of_a_gpu(monkeypatch):
    asked = []
    cuda_is(monkeypatch, count=1)
    gpu_is(monkeypatch)
    monkeypatch.setattr(devices, "describe", lambda device: {"device": device.type})
    monkeypatch.setattr(torch, "use_deterministic_algorithms", asked.append)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")
    assert devices.choose("auto").type == "cuda"
    assert asked == [] and os.environ["CUBLAS_WORKSPACE_CONFIG"] == ""
    devices.choose("auto", deterministic=True)
    assert asked == [True] and os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"


@pytest.mark.parametrize(
    "name",
    [
        "0",
        "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6",
        "GPU-8932f937",
        "MIG-5a1c0a3e-0b1f-5c27-8a44-4f0e8f5b9d21",
        "MIG-GPU-8932f937-d72c-4106-c12f-20bd9faed9f6/1/0",
    ],
)
def test_a_gpu_is_taken_whatever_its_name(monkeypatch, name):
    """CUDA itself counts what $CUDA_VISIBLE_DEVICES names, numbers or not, once it is started."""
    calls = []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", name)
    monkeypatch.setattr(torch.cuda, "init", lambda: calls.append("init"))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: calls.append("count") or 1)
    gpu_is(monkeypatch)
    assert devices.choose("cuda") == torch.device("cuda")
    assert calls == ["init", "count"]
    assert devices.describe(torch.device("cuda"))["visible_devices"] == name
    assert os.environ["CUDA_VISIBLE_DEVICES"] == name


@pytest.mark.parametrize("name", ["MIG-5a1c0a3e-0b1f-5c27-8a44-4f0e8f5b9d21", "GPU-8932f937"])
def test_a_name_of_a_gpu_that_is_not_here_is_no_other_obstacle(monkeypatch, name):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", name)
    cuda_is(monkeypatch, count=0)
    assert devices.choose("auto") == devices.CPU
    with pytest.raises(RuntimeError, match="device: cuda, and no GPU can be used here: there is n"):
        devices.choose("cuda")
