"""Through which records two records of one child hang together.

Belongs here: a pure function over weighted pairs.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping


def strongest_path(edges: Mapping[tuple[int, int], float], start: int, end: int) -> tuple[int, ...]:
    """The path whose weakest pair is as strong as can be; of such, one with the fewest records.

    Args:
        edges: by pair, its weight.

    Returns:
        the records from start to end, both included; empty where no path leads there.
    """
    neighbours: dict[int, list[int]] = defaultdict(list)
    by_weight: dict[float, list[tuple[int, int]]] = defaultdict(list)
    for pair, weight in edges.items():
        by_weight[weight].append(pair)
    for weight in sorted(by_weight, reverse=True):
        for one, other in by_weight[weight]:
            neighbours[one].append(other)
            neighbours[other].append(one)
        if path := _shortest(neighbours, start, end):
            return path
    return ()


def _shortest(neighbours: Mapping[int, Iterable[int]], start: int, end: int) -> tuple[int, ...]:
    came_from, waiting = {start: start}, deque([start])
    while waiting:
        here = waiting.popleft()
        if here == end:
            path = [end]
            while path[-1] != start:
                path.append(came_from[path[-1]])
            return tuple(reversed(path))
        for other in sorted(neighbours.get(here, ())):
            if other not in came_from:
                came_from[other] = here
                waiting.append(other)
    return ()
