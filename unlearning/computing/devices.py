"""The device that a job computes on, and what the job says of it."""

import logging
import os
import platform
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from unlearning.artifacts.benchmarks import peak_memory
from unlearning.computing.precision import check_supported

logger = logging.getLogger(__name__)

CPU = torch.device("cpu")

#: Of the obstacles of a GPU that is there: its driver is too old for the pinned torch, or torch was
#: built without code for it.
TOO_OLD, NO_KERNELS = "too old", "has no kernels"


def of_study(wanted: str, computing: Mapping[str, Any]) -> torch.device:
    """Return the device that a study asks for, which has the precisions that it asks for.

    Parameters
    ----------
    wanted : as `choose` takes it
    computing : of the study

    Raises
    ------
    RuntimeError
        As `choose` and `precision.check_supported` do.
    """
    device = choose(wanted, computing["deterministic"])
    check_supported(computing, device)
    return device


def choose(wanted: str, deterministic: bool = False) -> torch.device:
    """Return the device that a study asks for.

    Parameters
    ----------
    wanted : ``"auto"`` (a GPU where there is one), ``"cpu"`` or ``"cuda"``
    deterministic : use only such kernels of a GPU as give the same numbers at every run

    Raises
    ------
    RuntimeError
        When ``"cuda"`` is asked for and no GPU can be used, and for ``"auto"`` as well where there
        is one whose driver is too old, or that torch has no kernels for: days on the processor are
        not what was asked for.
    """
    device, obstacle = (CPU, "") if wanted == "cpu" else _gpu()
    unfit = any(text in obstacle for text in (TOO_OLD, NO_KERNELS))
    if obstacle and (wanted == "cuda" or unfit):
        raise RuntimeError(
            f"the study sets device: {wanted}, and no GPU can be used here: {obstacle}; "
            "set device: cpu to train on the processor"
        )
    if obstacle:
        logger.info(
            "no GPU can be used here (device: auto), going on with the processor: %s", obstacle
        )
    if deterministic and device.type == "cuda":
        # cuBLAS reads it when it is first called, and torch refuses to go on without.
        os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
        torch.use_deterministic_algorithms(True)
    found = describe(device)
    logger.info("device %s", ", ".join(f"{key} {value}" for key, value in found.items()))
    return device


def _gpu() -> tuple[torch.device, str]:
    """Return the GPU, or the processor and what stands in the way of a GPU, in one line."""
    try:
        torch.cuda.init()
        if torch.cuda.device_count():
            obstacle = _lacking_kernels()
            return (CPU, obstacle) if obstacle else (torch.device("cuda"), "")
    except (RuntimeError, AssertionError) as error:  # of torch without CUDA: AssertionError
        reason = str(error).strip().splitlines()[0]
        if TOO_OLD in reason:
            reason = (
                f"the NVIDIA driver is {TOO_OLD} for torch {torch.__version__}, "
                f"which needs one for CUDA {torch.version.cuda} ({reason})"
            )
        return CPU, reason
    return CPU, "there is none"


def _lacking_kernels() -> str:
    """Return what stands in the way of the GPU that jobs take, where torch has no code for it."""
    built, (major, minor) = torch.cuda.get_arch_list(), torch.cuda.get_device_capability()
    if runs_on(built, major, minor):
        return ""
    return (
        f"torch {torch.__version__} {NO_KERNELS} for {torch.cuda.get_device_name()} "
        f"(sm_{major}{minor}), it is built for {', '.join(built)}"
    )


def runs_on(built: Iterable[str], major: int, minor: int) -> bool:
    """Return whether code for some architectures runs on a GPU of a compute capability.

    Machine code runs on GPUs of the same major number and no lower minor one (``sm_80``), or of its
    own numbers alone (``sm_90a``); ``compute_90`` is compiled by the driver of any later GPU.

    Parameters
    ----------
    built : as torch lists them; where it lists none of NVIDIA's, everything counts as running
    major, minor : of the GPU
    """
    found = [re.fullmatch(r"(sm|compute)_(\d+)(\d)([af]?)", name) for name in built]
    known = [(match[1], int(match[2]), int(match[3]), match[4]) for match in found if match]
    return not known or any(
        (major, minor) == (of_major, of_minor)
        or (kind == "compute" and not exact and (major, minor) > (of_major, of_minor))
        or (exact != "a" and major == of_major and minor > of_minor)
        for kind, of_major, of_minor, exact in known
    )


def describe(device: torch.device) -> dict[str, str]:
    """Return the device's name and the versions that a result depends on."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor()
    return {
        "device": device.type,
        "device_name": name,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": str(torch.get_num_threads()),
        "visible_devices": os.environ.get("CUDA_VISIBLE_DEVICES", ""),
    }


def _processor() -> str:
    """Return the processor's name as Linux gives it, elsewhere its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def report(device: torch.device, members: int, seconds: float) -> dict[str, Any]:
    """Log how fast a job was and how much memory it took; return it with `describe`.

    Parameters
    ----------
    device : that the job computed on
    members : that it trained
    seconds : that this took
    """
    if device.type == "cuda":
        peak = torch.cuda.max_memory_allocated(device) / 2**20
    else:
        peak = peak_memory()
    rate = members / max(seconds, 1e-9)
    logger.info("%.3g members per second, peak memory %.0f MB of %s", rate, peak, device.type)
    return {"members_per_second": rate, "peak_memory_mb": peak, **describe(device)}


def wait_for(device: torch.device) -> None:
    """Wait until the device has done what it was asked, so that a clock can be read."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
