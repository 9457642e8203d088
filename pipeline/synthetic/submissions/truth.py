"""The truth of a synthetic county: births, which record is of whom, what became of each submission.

Formats: `births.csv` has one row per birth and, by register, `held`, `withheld` (in a submission that never
came), `later` (registered after the span) or `never`; `records.csv` one row per landed record of a child;
`submissions.csv` one row per obligation, and one more for a rejected first file; `units.csv` the defects.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import IO

import numpy as np

from pipeline.synthetic.calendar_days import date_of
from pipeline.synthetic.cells import World
from pipeline.synthetic.people.couples import NEVER
from pipeline.synthetic.people.people import Kind
from pipeline.synthetic.submissions.submissions import Fate

STATUSES = np.array(["never", "later", "withheld", "held"], dtype=object)
_CHUNK = 50_000  # births written at a time
_PREFIXES = {Kind.BIRTH: "", Kind.OLDER: "older-", Kind.STILL: "still-", Kind.MOVED: "moved-"}


class Truth:
    """Collects what is true while files are written.

    Args:
        folder: `truth/`.
        world: people and places.
        fake_labels: labels of fabricated children, in their order.
    """

    def __init__(self, folder: Path, world: World, fake_labels: np.ndarray) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.world = folder, world
        self.fake_labels = fake_labels
        self.registers = [f for f, e in world.registrations.events.items() if len(e) == 0 or e.child[0] >= 0]
        self.status = {feed: np.zeros(len(world.people.children), dtype=np.uint8) for feed in self.registers}
        self.submissions: list[tuple[Fate, str, str, str, int]] = []
        self.record_count = 0
        self._records: IO[str] = open(folder / "records.csv", "w", encoding="utf-8", newline="")  # noqa: SIM115
        self._records.write("feed,record_no,child\n")

    def label_texts(self, children: np.ndarray) -> list[str]:
        """How the truth calls these children."""
        table = self.world.people.children
        kinds, labels = table.kind[children], table.label[children]
        fakes = self.fake_labels
        return [
            fakes[label] if kind == Kind.FAKE else _PREFIXES[kind] + str(label)
            for kind, label in zip((Kind(k) for k in kinds.tolist()), labels.tolist(), strict=True)
        ]

    def mark(self, feed: str, children: np.ndarray, status: str) -> None:
        """Raise the children's status in a register."""
        if feed in self.status and len(children):
            value = int(np.flatnonzero(status == STATUSES)[0])
            np.maximum.at(self.status[feed], children, np.uint8(value))

    def landed(self, feed: str, children: np.ndarray, numbers: np.ndarray) -> None:
        """Records that landed."""
        if feed not in self.status:
            return
        self.mark(feed, children, "held")
        self.record_count += len(children)
        labels = self.label_texts(children)
        self._records.writelines(f"{feed},{n},{label}\n" for n, label in zip(numbers.tolist(), labels, strict=True))

    def submitted(self, fate: Fate, file: str, rows: int, rejected: str | None) -> None:
        """What became of one obligation; `rejected` is the first file's name."""
        if rejected:
            self.submissions.append((fate, "rejected", rejected, fate.period, rows))
        self.submissions.append((fate, fate.status, file, fate.period, rows))

    def close(self) -> None:
        """Write the files that need the whole."""
        self._records.close()
        plan, county = self.world.plan, self.world.county
        (self.folder / "as_of.txt").write_text(plan.as_of_day.isoformat(), encoding="utf-8")
        self._write(
            "units.csv", ["unit_code", "defect"], ((u.unit_code, d) for u in county.units for d in sorted(u.defects))
        )
        ordered = sorted(
            self.submissions, key=lambda s: (s[0].unit, county.units[s[0].unit].feeds.index(s[0].feed), s[3])
        )
        self._write(
            "submissions.csv",
            ["unit_code", "feed", "period", "status", "file", "rows", "due"],
            (
                (county.units[fate.unit].unit_code, fate.feed, fate.period, status, file, rows, fate.due.isoformat())
                for fate, status, file, _, rows in ordered
            ),
        )
        self._write_births()

    def _write(self, name: str, header: list[str], rows: object) -> None:
        with open(self.folder / name, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)  # type: ignore[arg-type]

    def _write_births(self) -> None:
        county, c, couples = self.world.county, self.world.people.children, self.world.people.couples
        feeds = [f for f in self.registers if f != "school_enrolment"]
        rows = np.flatnonzero(c.kind == Kind.BIRTH)
        rows = rows[np.argsort(c.label[rows])]
        header = ["child", "birth_date", "sex", "plurality", "mother", "township_code", "village_code", "hard_to_reach",
                  "resident", "born_elsewhere", "died", *feeds]  # fmt: skip
        with open(self.folder / "births.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            for start in range(0, len(rows), _CHUNK):
                part = rows[start : start + _CHUNK]
                couple = c.couple[part]
                village = couples.village[couple]
                township = np.array(county.township_codes, dtype=object)[county.village_township[village]]
                columns = [
                    c.label[part], [date_of(day).isoformat() for day in c.day[part].tolist()],
                    c.sex[part], c.plurality[part],
                    self.world.ids.text(couples.ids[0], couple), township, county.village_codes[village],
                    couples.is_hard[couple].astype(int), couples.is_resident[couple].astype(int),
                    c.is_elsewhere[part].astype(int), (c.died[part] < NEVER).astype(int),
                    *(STATUSES[self.status[feed][part]] for feed in feeds),
                ]  # fmt: skip
                writer.writerows(zip(*columns, strict=True))
