"""Which device a job computes on, and what it says where it cannot."""

import os

import pytest
import torch

from unlearning.computing import devices

NO_DRIVER = RuntimeError("Found no NVIDIA driver on your system. Please check that you have one.")
OLD_DRIVER = RuntimeError(
    "The NVIDIA driver on your system is too old (found version 11040). Please update.\nMore."
)


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


def test_determinism_is_asked_of_a_gpu(monkeypatch):
    asked = []
    cuda_is(monkeypatch, count=1)
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
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "toy")
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
