"""What complaints about a config have in common."""

from collections.abc import Iterable

from unlearning.study.sources import ROOT


def allowed(names: Iterable[str]) -> str:
    """Return the end of a complaint: which names there are."""
    return f"allowed are {', '.join(sorted(names))}"


#: What files of a package share; no data set, and no method.
SHARED = ("__init__", "base", "images", "imagenet_copy", "sequences")


def modules(package: str) -> list[str]:
    """Return the names that a package's files define, such as ``datasets``."""
    folder = ROOT / "unlearning" / package
    return sorted(path.stem for path in folder.glob("*.py") if path.stem not in SHARED)
