"""What every deep network of the studies is wired with: blocks that are added to their input."""

from torch import Tensor, nn


class Residual(nn.Module):
    """Add a block's output to its input, or to a projection where their shapes differ."""

    def __init__(self, block: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.block = block
        self.shortcut = nn.Identity() if shortcut is None else shortcut

    def forward(self, features: Tensor) -> Tensor:
        """Return ``shortcut(features) + block(features)``."""
        return self.shortcut(features) + self.block(features)
