"""Shares of a set: apart from the plan, on which nothing that unlearns depends."""


def part(points: int, share: float) -> int:
    """Return how many points a share of a set is."""
    return round(share * points)
