"""What the tests on a GPU share: `make test-gpu`."""

from pathlib import Path

import pytest
import torch

from unlearning.computing import devices


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.gpu)


@pytest.fixture(scope="session")
def gpu():
    """Return the GPU; without one the tests fail, and say why."""
    return devices.choose("cuda")


@pytest.fixture
def deterministic():
    """Have a GPU repeat itself bit for bit."""
    devices.choose("cuda", deterministic=True)
    yield
    torch.use_deterministic_algorithms(False)
