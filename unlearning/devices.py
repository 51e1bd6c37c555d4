"""The device that a job computes on."""

import platform

import torch


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
    return torch.device("cuda" if available and wanted != "cpu" else "cpu")


def describe(device: torch.device) -> dict[str, str]:
    """Return the device's name and the versions that a result depends on."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor()
    return {
        "device": device.type,
        "device_name": name or platform.machine(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": str(torch.get_num_threads()),
    }


def wait_for(device: torch.device) -> None:
    """Wait until the device has done what it was asked, so that a clock can be read."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
