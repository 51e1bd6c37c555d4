"""Draw the plan of the package from its imports: `make architecture`."""

from collections.abc import Mapping
from functools import cache
from itertools import pairwise, permutations
from textwrap import fill

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Drawn

from docs.rooms import PLAN, ROOT, Arrows, Package, Room, complaints, read_plan

PICTURE = ROOT / "docs" / "images" / "architecture.svg"

#: The picture, in units of a floor's height: how wide it is, and each room.
ACROSS, WIDTH, HEIGHT = 11.0, 2.3, 0.56


def reduced(arrows: Arrows) -> list[tuple[str, str]]:
    """Return the arrows that do not follow from others."""
    below: dict[str, set[str]] = {}
    for room, other in arrows:
        below.setdefault(room, set()).add(other)

    @cache
    def reached(room: str) -> frozenset[str]:
        direct = below.get(room, set())
        return frozenset(direct).union(*(reached(other) for other in direct))

    return sorted(
        (room, other)
        for room, other in arrows
        if not any(other in reached(between) for between in below[room] if between != other)
    )


def summary(plan: Mapping[str, Room], arrows: Arrows) -> str:
    """Return what is drawn as one line, which the picture carries as its description."""
    rooms = [f"{room.floor} {name}: {room.sentence}" for name, room in plan.items()]
    return "; ".join([*rooms, *(f"{room} to {other}" for room, other in sorted(arrows))])


def draw(plan: Mapping[str, Room], arrows: Arrows) -> Figure:
    """Draw rooms on their floors, and the arrows that do not follow from others."""
    chains = [_chain(plan, line) for line in reduced(arrows)]
    places = _arranged(plan, chains)
    floors = max(room.floor for room in plan.values())
    figure, axes = plt.subplots(figsize=(11, 1.25 * floors))
    axes.set(xlim=(-0.3, ACROSS + 0.1), ylim=(0.4, floors + 0.6))
    axes.axis("off")
    for floor in range(1, floors + 1):
        axes.axhspan(floor - 0.5, floor + 0.5, color="#f4f4f4" if floor % 2 else "white", zorder=0)
        axes.text(-0.2, floor, str(floor), color="#999999", va="center", fontsize=9)
    for chain in chains:
        path = _curve([places[node] for node in chain])
        style = {"arrowstyle": "-|>", "mutation_scale": 11, "color": "#4477aa", "linewidth": 1.1}
        axes.add_patch(FancyArrowPatch(path=path, zorder=1, **style))
    for name, room in plan.items():
        x, y = places[name]
        corner = (x - WIDTH / 2, y - HEIGHT / 2)
        style = {"boxstyle": "round,pad=0.02,rounding_size=0.06", "zorder": 2}
        colours = {"facecolor": "white", "edgecolor": "#333333"}
        axes.add_patch(FancyBboxPatch(corner, WIDTH, HEIGHT, **style, **colours))
        title = name if name.endswith(".py") else f"{name}/"
        centred = {"ha": "center", "va": "center", "zorder": 3}
        axes.text(x, y + 0.16, title, weight="bold", fontsize=10, **centred)
        axes.text(x, y - 0.09, fill(room.sentence, 38), fontsize=7, **centred)
    figure.subplots_adjust(0, 0, 1, 1)
    return figure


def _chain(plan: Mapping[str, Room], line: tuple[str, str]) -> list[str]:
    """Return the rooms of an arrow, with a place to pass at every floor between them."""
    room, other = line
    between = range(plan[room].floor - 1, plan[other].floor, -1)
    return [room, *(f"{floor}: {room} -> {other}" for floor in between), other]


def _curve(points: list[tuple[float, float]]) -> Drawn:
    """Return a line from room to room: straight down past a floor, bent between two floors."""
    half = HEIGHT / 2 + 0.03
    vertices, codes = [(points[0][0], points[0][1] - half)], [Drawn.MOVETO]
    for (x, y), (to_x, to_y) in pairwise(points):
        start, end = y - half, to_y + half
        middle = (start + end) / 2
        vertices += [(x, start), (x, middle), (to_x, middle), (to_x, end)]
        codes += [Drawn.LINETO, *[Drawn.CURVE4] * 3]
    return Drawn(vertices, codes)


def _arranged(plan: Mapping[str, Room], chains: list[list[str]]) -> dict[str, tuple[float, float]]:
    """Return where each room and each passing arrow stands: the order of the shortest arrows."""
    floors: dict[int, list[str]] = {}
    for name, room in plan.items():
        floors.setdefault(room.floor, []).append(name)
    for chain in chains:
        for node in chain[1:-1]:
            floors.setdefault(int(node.split(":")[0]), []).append(node)
    places: dict[str, tuple[float, float]] = {}
    for _ in range(6):  # rooms below move those above in the next round
        for floor in sorted(floors, reverse=True):
            nodes = sorted(floors[floor])
            neighbours = {node: [] for node in nodes}
            for one, other in (pair for chain in chains for pair in pairwise(chain)):
                for node, next_to in ((one, other), (other, one)):
                    if node in neighbours and next_to in places:
                        neighbours[node].append(places[next_to][0])

            def length(order: tuple[str, ...], of: dict[str, list[float]] = neighbours) -> float:
                at = _spread(plan, order)
                return sum((at[node] - x) ** 2 for node in order for x in of[node])

            best = min(permutations(nodes), key=length)
            places |= {name: (x, floor) for name, x in _spread(plan, best).items()}
    return places


def _spread(plan: Mapping[str, Room], order: tuple[str, ...]) -> dict[str, float]:
    """Return where the nodes of a floor stand, with the same room between all of them."""
    widths = [WIDTH if node in plan else 0.1 for node in order]
    gap = (ACROSS - sum(widths)) / (len(order) + 1)
    at, x = {}, 0.0
    for node, width in zip(order, widths, strict=True):
        x += gap + width / 2
        at[node] = x
        x += width / 2
    return at


def main() -> None:
    """Write the picture, or say what is not as planned."""
    package, plan = Package(ROOT / "unlearning"), read_plan(PLAN.read_text())
    found = complaints(package, plan)
    if found:
        raise SystemExit("\n".join(found))
    arrows = package.arrows()
    plt.rcParams["svg.hashsalt"] = "architecture"
    metadata = {"Date": None, "Description": summary(plan, arrows)}
    draw(plan, arrows).savefig(PICTURE, metadata=metadata)
    print(f"{len(plan)} rooms, {len(arrows)} arrows, {len(reduced(arrows))} drawn: {PICTURE.name}")


if __name__ == "__main__":
    main()
