"""Decisions on pairs of records that cannot all be true: two records that a chain of "same" joins, said to differ.

Belongs here: finding the first such contradiction, with its shortest chain. Does not: whose decisions they are
(`review`, `verification`).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Edge:
    """That two records are one child, or are not, and who says so (for a sentence)."""

    left: int
    right: int
    is_same: bool
    said: str


def contradiction(edges: Iterable[Edge]) -> tuple[Edge, list[Edge]] | None:
    """The first "different" whose two records a chain of "same" joins, with that chain; None where all fit.

    Union-find with path halving (Tarjan and van Leeuwen 1984, Journal of the ACM 31, 245-281); the shortest chain is
    then searched for, so that a person sees no decision that does not matter.
    """
    listed = list(edges)
    parent: dict[int, int] = {}

    def root(record: int) -> int:
        parent.setdefault(record, record)
        while parent[record] != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    same = [edge for edge in listed if edge.is_same]
    for edge in same:
        parent[root(edge.left)] = root(edge.right)
    for edge in listed:
        if not edge.is_same and root(edge.left) == root(edge.right):
            return edge, _chain(same, edge.left, edge.right)
    return None


def _chain(same: list[Edge], start: int, goal: int) -> list[Edge]:
    """The shortest chain from one record to the other."""
    beside: dict[int, list[tuple[int, Edge]]] = defaultdict(list)
    for edge in same:
        beside[edge.left].append((edge.right, edge))
        beside[edge.right].append((edge.left, edge))
    came: dict[int, tuple[int, Edge] | None] = {start: None}
    waiting = deque([start])
    while goal not in came:
        here = waiting.popleft()
        for there, edge in beside[here]:
            if there not in came:
                came[there] = (here, edge)
                waiting.append(there)
    chain, at = [], came[goal]
    while at is not None:
        chain.append(at[1])
        at = came[at[0]]
    return chain[::-1]
