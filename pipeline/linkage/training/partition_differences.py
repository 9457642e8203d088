"""What another partition of the same records would change: children gained, lost, merged, split, records moved.

Belongs here: pure functions over two partitions. Does not: making them, or writing what was found
(`training/shadow_run.py`).

A child of the old partition goes on as the child of the new one that shares most records with it, each as one only
(of equals, those that share the earliest record). What goes on nowhere is lost; what nothing went on as is gained; a
record is moved where its child did not go on as the child that it is in now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True)
class Changed:
    """A record whose child has other records in the new partition: both children, and whether it was moved."""

    record: int
    old: int
    new: int
    is_moved: bool


@dataclass(frozen=True)
class Counts:
    """What changes within a stratum, in children, records and pairs of records.

    Args:
        old, new: children.
        unchanged: children with the very same records.
        gained, lost: children that nothing went on as, and that go on nowhere.
        merged: new children with records of several old ones. `split` the other way round.
        moved: records.
        pairs_gained, pairs_lost: pairs of records that are one child's now, and that were.
    """

    records: int = 0
    old: int = 0
    new: int = 0
    unchanged: int = 0
    gained: int = 0
    lost: int = 0
    merged: int = 0
    split: int = 0
    moved: int = 0
    pairs_gained: int = 0
    pairs_lost: int = 0


@dataclass(frozen=True)
class Diff:
    """The whole difference.

    Args:
        overall: of all records.
        strata: of the children that hold a record of the stratum.
        register_pairs: by two feeds in order, pairs of records gained and lost.
        changed: every record whose child changed, by old and new child.
    """

    overall: Counts
    strata: Mapping[str, Counts]
    register_pairs: Mapping[tuple[str, str], tuple[int, int]]
    changed: tuple[Changed, ...]


def diff(
    old: Mapping[int, int],
    new: Mapping[int, int],
    feeds: Mapping[int, str],
    strata: Mapping[str, Collection[int]],
) -> Diff:
    """Compare two partitions of the same records.

    Args:
        old, new: by record, its child; the labels of the two need not agree.
        feeds: by record.
        strata: by name, records.
    """
    shared = Counter((child, new[record]) for record, child in old.items())
    old_sizes, new_sizes = Counter(old.values()), Counter(new.values())
    same = {(one, other) for (one, other), both in shared.items() if both == old_sizes[one] == new_sizes[other]}
    first: dict[tuple[int, int], int] = {}
    for record in sorted(old):
        first.setdefault((old[record], new[record]), record)
    goes_on: dict[int, int] = {}
    taken: set[int] = set()
    for one, other in sorted(shared, key=lambda pair: (-shared[pair], first[pair])):
        if one not in goes_on and other not in taken:
            goes_on[one] = other
            taken.add(other)
    changed = tuple(
        Changed(record, old[record], new[record], goes_on.get(old[record]) != new[record])
        for record in sorted(old, key=lambda record: (old[record], new[record], record))
        if (old[record], new[record]) not in same
    )
    from_old, to_new = Counter(other for _, other in shared), Counter(one for one, _ in shared)
    gained, lost = list(_pairs(changed, by_new=True)), list(_pairs(changed, by_new=False))

    def counted(members: Collection[int] | None) -> Counts:
        inside = set(old) if members is None else set(members)
        olds, news = {old[record] for record in inside}, {new[record] for record in inside}
        return Counts(
            records=len(inside),
            old=len(olds),
            new=len(news),
            unchanged=sum(one in olds for one, _ in same),
            gained=len(news - taken),
            lost=len(olds - goes_on.keys()),
            merged=sum(from_old[child] > 1 for child in news),
            split=sum(to_new[child] > 1 for child in olds),
            moved=sum(one.is_moved and one.record in inside for one in changed),
            pairs_gained=sum(not inside.isdisjoint(pair) for pair in gained),
            pairs_lost=sum(not inside.isdisjoint(pair) for pair in lost),
        )

    register_pairs: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for place, pairs in enumerate((gained, lost)):
        for one, other in pairs:
            left, right = sorted((feeds[one], feeds[other]))
            register_pairs[left, right][place] += 1
    return Diff(
        overall=counted(None),
        strata={name: counted(members) for name, members in strata.items()},
        register_pairs={key: (up, down) for key, (up, down) in sorted(register_pairs.items())},
        changed=changed,
    )


def _pairs(changed: Collection[Changed], *, by_new: bool) -> Iterator[tuple[int, int]]:
    """Pairs of records that are together in one partition and not in the other."""
    groups: dict[int, list[Changed]] = defaultdict(list)
    for one in changed:
        groups[one.new if by_new else one.old].append(one)
    for group in groups.values():
        for one, other in combinations(group, 2):
            if (one.old if by_new else one.new) != (other.old if by_new else other.new):
                yield one.record, other.record
