"""The public tables after control: one object from which every page, workbook and file of a release is made.

Belongs here: what a cell of a public table can be, and a table as CSV and JSON. Does not: how it was decided
(`suppress.py`), or where files lie (`pipeline/publish/approval/approvals.py`).

Both languages come from the same object, and so can never show different numbers.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.checks.vocabulary import Label

MARK = "·"
MARK_NOTE = Label(
    "“·”表示未公布：人数过少，或与此前公布数相差过少，或据此可推算出此类数字。如有此前公布的数字，则注明其报送期。",
    "“·” is not published: too few people, too small a change since it was last published, or another such number "
    "could be worked out from it. Where it was published before, that number is given with its period.",
)
GRADES_NOTE = Label(
    "本期等级待有关单位答复期满后公布。",
    "Grades of this period follow when all units concerned have had their right of reply.",
)


@dataclass(frozen=True)
class Shown:
    """A number of a public table.

    Attributes:
        value: the true count or share; None where it is suppressed.
        last, last_in: of a suppressed count, what was last published and in the bulletin of which period, if ever.
    """

    value: int | float | None
    last: int | None = None
    last_in: str | None = None

    @property
    def is_suppressed(self) -> bool:
        return self.value is None

    @property
    def text(self) -> str:
        """As it is printed: the number, or the mark."""
        return MARK if self.value is None else f"{self.value}"


@dataclass(frozen=True)
class PublicColumn:
    """A column: its name in files, its label on pages, and what its cells are."""

    name: str
    label: Label
    kind: str  # text | count | share


Cell = str | Shown | None


@dataclass(frozen=True)
class PublicTable:
    """A table as it may be shown to anybody. Coordinates and facts are text, numbers are `Shown`."""

    name: str
    title: Label
    note: Label
    columns: tuple[PublicColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def suppressed_count(self) -> int:
        """How many numbers are suppressed; shares that cannot be given are not counted."""
        kinds = [column.kind for column in self.columns]
        return sum(
            isinstance(cell, Shown) and cell.is_suppressed and kind == "count"
            for row in self.rows
            for kind, cell in zip(kinds, row, strict=True)
        )

    def records(self) -> list[dict[str, Any]]:
        """Rows by the names of columns; a suppressed count is null, beside `…_last` and `…_last_in`."""
        found = []
        for row in self.rows:
            record: dict[str, Any] = {}
            for column, cell in zip(self.columns, row, strict=True):
                record[column.name] = cell.value if isinstance(cell, Shown) else cell
                if isinstance(cell, Shown) and column.kind == "count":
                    record |= {f"{column.name}_last": cell.last, f"{column.name}_last_in": cell.last_in}
            found.append(record)
        return found

    def to_csv(self) -> str:
        """The records as CSV; a suppressed number is the mark."""
        kinds = {column.name: column.kind for column in self.columns}
        names = [
            name
            for column in self.columns
            for name in (
                [column.name, f"{column.name}_last", f"{column.name}_last_in"]
                if column.kind == "count"
                else [column.name]
            )
        ]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        for record in self.records():
            writer.writerow(
                MARK if record[name] is None and kinds.get(name) in ("count", "share") else record[name]
                for name in names
            )
        return text.getvalue()

    def to_json(self) -> dict[str, Any]:
        """The table with its words in both languages."""
        return {
            "name": self.name,
            "title": self.title._asdict(),
            "note": self.note._asdict(),
            "columns": [{"name": one.name, **one.label._asdict(), "kind": one.kind} for one in self.columns],
            "rows": self.records(),
        }


@dataclass(frozen=True)
class ControlledTables:
    """Everything that a period's bulletin may say in numbers.

    Attributes:
        period: the month of the bulletin.
        release: the release of the marts that it was made from.
        tables: by name.
        notes: what the mark means, and what was left out.
        names: for codes in the tables (places, registers), how pages call them.
        named_critical: units that the tables name as critical.
    """

    period: str
    release: str
    tables: Mapping[str, PublicTable]
    notes: tuple[Label, ...]
    names: Mapping[str, Label]
    named_critical: tuple[str, ...] = ()

    def digest(self) -> str:
        """SHA-256 of all that is said; the same for the same numbers, whichever night they were counted."""
        said = {"period": self.period, **self.files()}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def files(self) -> dict[str, str]:
        """The tables as files, by their path under the folder of the period."""
        found = {}
        for name, table in self.tables.items():
            found[f"tables/{name}.csv"] = table.to_csv()
            found[f"tables/{name}.json"] = json.dumps(table.to_json(), ensure_ascii=False, indent=1) + "\n"
        words = {
            "notes": [note._asdict() for note in self.notes],
            "names": {code: name._asdict() for code, name in self.names.items()},
        }
        found["tables/names.json"] = json.dumps(words, ensure_ascii=False, indent=1) + "\n"
        return found
