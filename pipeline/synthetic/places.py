"""The county's divisions and units, and how each unit writes and behaves.

Belongs here: places, units, misbehaviour. Does not: the style of files (`cells/styles.py`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from pipeline.contracts import Feed
from pipeline.synthetic.plan import CountyPlan
from pipeline.synthetic.randomness import chosen, stream
from pipeline.synthetic.vocabulary import read_words, weighted

ACTIVE_FROM = dt.date(2015, 1, 1)
# how a township's units are named, by agency: code, name and department
TOWNSHIP_UNITS = {
    "police": ("police", "派出所", "县公安局"),
    "health": ("clinic", "卫生院", "县卫生健康局"),
    "population": ("population", "计生办", "县卫生健康局"),
    "civil_affairs": ("civil", "民政所", "县民政局"),
    "education": ("school", "中心小学", "县教育局"),
}


@dataclass(frozen=True)
class UnitPlan:
    """A reporting unit: what it is, how carefully it writes, and its defect if it has one."""

    unit_code: str
    agency: str
    name: str
    division_code: str
    feeds: tuple[str, ...]
    department: str
    township: int
    quality: float
    omission: float
    service_weekdays: tuple[int, ...]
    active_from: dt.date
    defects: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class County:
    """Places by index. `village_township` and `is_hard_village` are arrays over villages."""

    county_code: str
    county_name: str
    township_codes: list[str]
    township_names: np.ndarray
    village_codes: np.ndarray
    village_names: np.ndarray
    village_township: np.ndarray
    is_hard_village: np.ndarray
    township_size: np.ndarray
    units: list[UnitPlan]

    def units_of(self, feed: str) -> list[int]:
        """Indexes of the units that hold a feed, in the order of townships, then those of the county."""
        return [i for i, unit in enumerate(self.units) if feed in unit.feeds]


def _pairs(rng: np.random.Generator, first: str, second: str, size: int, taken: set[str]) -> list[str]:
    """Names of two characters, none twice and none with a character twice."""
    names: list[str] = []
    firsts, seconds = list(dict.fromkeys(first)), list(dict.fromkeys(second))
    while len(names) < size:
        a, b = firsts[int(rng.integers(len(firsts)))], seconds[int(rng.integers(len(seconds)))]
        if a != b and a + b not in taken:
            taken.add(a + b)
            names.append(a + b)
    return names


def _openings(plan: CountyPlan, townships: list[int]) -> list[dt.date]:
    """When each unit was opened: long ago, or for a few of them in a January within the span."""
    rng = stream(plan.seed, "openings")
    januaries = [dt.date(int(p[:4]), 1, 1) for p in plan.periods[1:] if p.endswith("-01")]
    opened = [ACTIVE_FROM] * len(townships)
    # the first township's units are old, so that every late one has a neighbour
    young = [i for i, township in enumerate(townships) if township > 0]
    if januaries:
        for index in rng.permutation(len(young))[: plan.units_opened_later].tolist():
            opened[young[index]] = januaries[int(rng.integers(len(januaries)))]
    return opened


def _units(plan: CountyPlan, feeds: dict[str, Feed], townships: list[tuple[str, str]]) -> list[UnitPlan]:
    rng = stream(plan.seed, "units")
    words = read_words("places")
    held: dict[str, list[str]] = {}
    for feed in feeds.values():
        held.setdefault(feed.agency, []).append(feed.feed)
    provided = tuple(sorted(f.feed for f in feeds.values() if f.catchment == "provider"))
    rows: list[tuple[str, str, str, str, tuple[str, ...], str, int]] = []
    for index, (code, name) in enumerate(townships):
        for agency, (kind, suffix, department) in TOWNSHIP_UNITS.items():
            mine = tuple(sorted(held.get(agency, ()), key=lambda f: (f not in provided, f)))
            if mine:
                rows.append((f"{kind}-{code}", agency, name + suffix, code, mine, department, index))
    for index in range(plan.hospitals):
        code = f"hospital-{plan.county_code}{index + 1:03d}"
        known = words["hospitals"]
        name = known[index] if index < len(known) else f"县第{index + 1}医院"
        department = TOWNSHIP_UNITS["health"][2]
        rows.append((code, "health", name, plan.county_code, provided, department, -1))
    quality = np.exp(rng.normal(0, plan.unit_quality_sigma, len(rows)))
    quality /= quality.mean()
    omission = rng.normal(0, plan.unit_omission_sigma, len(rows))
    opened = _openings(plan, [township for *_, township in rows])
    days = [tuple(sorted(rng.choice(5, size=int(rng.integers(1, 3)), replace=False).tolist())) for _ in rows]
    return [
        UnitPlan(*row, quality=float(q), omission=float(o), service_weekdays=d, active_from=a)
        for row, q, o, d, a in zip(rows, quality, omission, days, opened, strict=True)
    ]


def _misbehave(plan: CountyPlan, units: list[UnitPlan]) -> None:
    """Give defects to units: at most one each while there are enough units."""
    rng = stream(plan.seed, "misbehaviour")
    for defect, spec in sorted(plan.misbehaviour.items()):
        levels = {"county": lambda u: u.township < 0, "township": lambda u: u.township >= 0}
        fits = [
            u for u in units
            if set(spec.feeds) <= set(u.feeds) and (spec.level is None or levels[spec.level](u))
        ]  # fmt: skip
        free = [u for u in fits if not u.defects and u.active_from == ACTIVE_FROM] or fits
        for index in rng.permutation(len(free))[: spec.units]:
            free[index].defects[defect] = spec.strength


def make_places(plan: CountyPlan, feeds: dict[str, Feed]) -> County:
    """Lay out the county."""
    rng, words = stream(plan.seed, "places"), read_words("places")
    bases = _pairs(rng, words["township_first"], words["township_second"], plan.townships, set())
    suffixes = weighted(words["township_suffixes"])
    kinds = suffixes.words[suffixes.draw(rng, plan.townships)]
    townships = [
        (f"{plan.county_code}{100 + i}", base + kind) for i, (base, kind) in enumerate(zip(bases, kinds, strict=True))
    ]
    codes, names, owner = [], [], []
    for index, (code, _) in enumerate(townships):
        count = max(2, plan.villages + int(rng.integers(-3, 4)))
        for number, name in enumerate(_pairs(rng, words["village_first"], words["village_second"], count, set())):
            codes.append(f"{code}{200 + number}")
            names.append(name + words["village_suffix"])
            owner.append(index)
    units = _units(plan, feeds, townships)
    _misbehave(plan, units)
    size = rng.gamma(6, 1, plan.townships)
    return County(
        plan.county_code, plan.county_name, [code for code, _ in townships],
        np.array([name for _, name in townships], dtype=object),
        np.array(codes, dtype=object), np.array(names, dtype=object), np.array(owner, dtype=np.int32),
        chosen(rng, plan.hard_village_share, len(codes)), size / size.sum(), units,
    )  # fmt: skip
