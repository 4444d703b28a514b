"""Where the nodes of a small graph go: layers from left to right, few crossings, what is alone below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 216, 46  # of a node
ACROSS, DOWN = 70, 16  # between nodes
SWEEPS = 4
ALONE_IN_A_ROW = 4

type Link = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Upper left corners by name, and the size of it all."""

    places: Mapping[str, tuple[int, int]]
    width: int
    height: int


def layout(names: Sequence[str], links: Iterable[Link]) -> Drawing:
    """Place every name; a link goes from a layer to one further right, but where links form a ring."""
    links = [(one, other) for one, other in links if one != other]
    linked = {name for link in links for name in link}
    layers = _ordered(_layers([name for name in names if name in linked], links), links)
    tallest = max((len(layer) for layer in layers), default=0)
    places: dict[str, tuple[int, int]] = {}
    for column, layer in enumerate(layers):
        top = (tallest - len(layer)) * (HEIGHT + DOWN) // 2
        for row, name in enumerate(layer):
            places[name] = (column * (WIDTH + ACROSS), top + row * (HEIGHT + DOWN))
    below = tallest * (HEIGHT + DOWN)
    for number, name in enumerate(name for name in names if name not in linked):
        row, column = divmod(number, ALONE_IN_A_ROW)
        places[name] = (column * (WIDTH + DOWN), below + row * (HEIGHT + DOWN))
    return Drawing(
        places,
        max((x + WIDTH for x, _ in places.values()), default=0),
        max((y + HEIGHT for _, y in places.values()), default=0),
    )


def _layers(names: Sequence[str], links: Sequence[Link]) -> list[list[str]]:
    """By the longest way that leads to a name; a link that closes a ring counts for nothing."""
    targets = {name: [other for one, other in links if one == name] for name in names}
    depth = dict.fromkeys(names, 0)
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        for target in targets[name]:
            if target not in above and depth[target] < depth[name] + 1:
                depth[target] = depth[name] + 1
                visit(target, (*above, target))
        done.add(name)

    for name in names:
        if name not in done:
            visit(name, (name,))
    return [
        [name for name in names if depth[name] == level]
        for level in range(max(depth.values(), default=-1) + 1)
    ]


def _ordered(layers: list[list[str]], links: Sequence[Link]) -> list[list[str]]:
    """Each layer by the average place of its neighbours, to and fro (the barycenter heuristic)."""
    neighbours: dict[str, list[str]] = {}
    for one, other in links:
        neighbours.setdefault(one, []).append(other)
        neighbours.setdefault(other, []).append(one)
    row = {name: place for layer in layers for place, name in enumerate(layer)}
    for sweep in range(SWEEPS):
        for layer in reversed(layers) if sweep % 2 else layers:
            middle = {name: _average([row[it] for it in neighbours[name]]) for name in layer}
            layer.sort(key=middle.__getitem__)
            row |= {name: place for place, name in enumerate(layer)}
    return layers


def _average(places: list[int]) -> float:
    return sum(places) / len(places)
