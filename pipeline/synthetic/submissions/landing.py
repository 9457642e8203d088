"""Landing submissions: each with its files, arrivals and lines in the truth.

Belongs here: what a unit drops when it is late, broken, supplemented or corrected. Does not: deciding that it is
(`submissions/submissions.py`), writing a table (`submissions/files.py`).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np

from pipeline.contracts import Feed
from pipeline.synthetic.cells import NUMBERS, Columns, World, registers
from pipeline.synthetic.randomness import stream
from pipeline.synthetic.registers import errors
from pipeline.synthetic.submissions.files import Layout, make_layout, set_arrival, write_broken, write_table
from pipeline.synthetic.submissions.submissions import Fate
from pipeline.synthetic.submissions.truth import Truth

SUPPLEMENT_SHARE = 0.22  # of a submission's rows come with the supplement
SMALLEST_SPLIT = 4  # rows from which a submission is supplemented or corrected


class Lander:
    """Writes the files of one submission after the other."""

    def __init__(self, root: Path, world: World, feeds: dict[str, Feed], truth: Truth) -> None:
        self.root, self.world, self.truth = root, world, truth
        self.files = 0
        self.record_no = {name: feed.record_no for name, feed in feeds.items()}
        self.layouts: dict[tuple[int, str], Layout] = {}
        for index, unit in enumerate(world.county.units):
            for feed in unit.feeds:
                rng = stream(world.plan.seed, "layout", unit.unit_code, feed)
                self.layouts[index, feed] = make_layout(feeds[feed], unit, world.styles[index], rng)
            (root / "landing" / unit.unit_code).mkdir(parents=True, exist_ok=True)
        self.number_columns = {
            feed: {name for name, attribute in register.columns.items() if attribute in NUMBERS}
            for feed, register in registers().items()
        }

    def _write(self, fate: Fate, suffix: str, cells: Columns, when: dt.datetime, rng: np.random.Generator) -> str:
        style, unit = self.world.styles[fate.unit], self.world.county.units[fate.unit]
        name = f"{fate.feed}_{fate.period.replace('-', '')}{suffix}{style.extension}"
        path = self.root / "landing" / unit.unit_code / name
        cells = self._with_unfinished_rows(fate.feed, cells, rng)
        write_table(path, self.layouts[fate.unit, fate.feed], style, cells, self.number_columns[fate.feed], rng)
        set_arrival(path, when)
        self.files += 1
        return name

    def _with_unfinished_rows(self, feed: str, cells: Columns, rng: np.random.Generator) -> Columns:
        """The rows, and now and then one that was begun and left without its record number."""
        rows = len(next(iter(cells.values())))
        begun = int(rng.binomial(rows, self.world.plan.unfinished_rows))
        if begun == 0:
            return cells
        order = np.r_[np.arange(rows), rng.integers(0, rows, begun)]
        record_no = self.record_no[feed]
        found = {}
        for name, column in cells.items():
            found[name] = column[order]
            left = np.full(begun, name == record_no) | (rng.random(begun) < 0.4)
            found[name][rows:][left] = ""
        return found

    def land(self, fate: Fate, feed: Feed, cells: Columns, children: np.ndarray) -> None:
        """Write one submission's files, and tell the truth about it."""
        truth, rows = self.truth, len(children)
        if fate.arrives is None:
            truth.mark(fate.feed, children, "withheld")
            truth.submitted(fate, "", rows, None)
            return
        unit = self.world.county.units[fate.unit]
        rng = stream(self.world.plan.seed, "file", unit.unit_code, fate.feed, fate.period)
        rejected = None
        if fate.rejected_at:
            style = self.world.styles[fate.unit]
            folder = self.root / "landing" / unit.unit_code
            first = folder / f"{fate.feed}_{fate.period.replace('-', '')}{style.extension}"
            broken = write_broken(first, fate.broken_kind, style.is_xlsx)
            set_arrival(broken, fate.rejected_at)
            self.files += 1
            rejected = broken.name
            name = self._write(fate, "_r2", cells, fate.arrives, rng)
        elif fate.supplement_at and rows >= SMALLEST_SPLIT:
            later = rng.permutation(rows) < max(1, round(rows * SUPPLEMENT_SHARE))
            name = self._write(fate, "", {c: v[~later] for c, v in cells.items()}, fate.arrives, rng)
            self._write(fate, "_bu", {c: v[later] for c, v in cells.items()}, fate.supplement_at, rng)
        elif fate.revised_at and rows >= SMALLEST_SPLIT:
            name = self._write(fate, "", self._before_correction(feed, cells, rng), fate.arrives, rng)
            self._write(fate, "_r2", cells, fate.revised_at, rng)
        else:
            name = self._write(fate, "", cells, fate.arrives, rng)
        truth.landed(fate.feed, children, cells[feed.record_no])
        truth.submitted(fate, name, rows, rejected)

    def _before_correction(self, feed: Feed, cells: Columns, rng: np.random.Generator) -> Columns:
        """The first version of a corrected submission: a row too many, and a cell or two written otherwise."""
        rows = len(cells[feed.record_no])
        order = np.r_[np.arange(rows), rng.integers(rows)]
        first = {name: column[order] for name, column in cells.items()}
        # a number of a year before the span, which no true record has
        letter = chr(65 + (self.world.plan.first_month.year - 2005) % 26)
        first[feed.record_no][-1] = f"{letter}{int(rng.integers(10**9)):09d}"
        for column in feed.columns.values():
            if column.type == "id_no":
                row = int(rng.integers(rows))
                # a number cell has no full-width digits
                if isinstance(first[column.name][row], str):
                    first[column.name][row] = errors.full_width(first[column.name][row], rng)
            if column.type == "name" and rng.random() < 0.5:
                row = int(rng.integers(rows))
                first[column.name][row] = errors.typo_sound(first[column.name][row], rng)
        return first
