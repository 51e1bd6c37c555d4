"""The device that a job computes on, and what the job says of it."""

import logging
import os
import platform
import resource
from pathlib import Path
from typing import Any

import torch

logger = logging.getLogger(__name__)

CPU = torch.device("cpu")


def choose(wanted: str) -> torch.device:
    """Return the device that a study asks for.

    Parameters
    ----------
    wanted : ``"auto"`` (a GPU where there is one), ``"cpu"`` or ``"cuda"``

    Raises
    ------
    RuntimeError
        When ``"cuda"`` is asked for and no GPU can be used.
    """
    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise RuntimeError(
            "the study sets device: cuda, and no usable GPU was found here; "
            "set device: auto or cpu to train on the processor"
        )
    device = torch.device("cuda" if available and wanted != "cpu" else "cpu")
    found = describe(device)
    if wanted == "auto" and not available:
        logger.info("no GPU can be used here (device: auto), going on with the processor")
    logger.info("device %s", ", ".join(f"{key} {value}" for key, value in found.items()))
    return device


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
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    rate = members / max(seconds, 1e-9)
    logger.info("%.3g members per second, peak memory %.0f MB of %s", rate, peak, device.type)
    return {"members_per_second": rate, "peak_memory_mb": peak, **describe(device)}


def wait_for(device: torch.device) -> None:
    """Wait until the device has done what it was asked, so that a clock can be read."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
