"""One file's bytes as a ledger entry's reading: what was found, and the allow-listed copy.

Belongs here: what the ledger says of a content. Does not: how bytes become rows (`reading/tables.py`), or which files
are read (`receiving.py`, `reread.py`).
"""

from __future__ import annotations

import hashlib
from typing import Any

from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.intake.archive import archive
from pipeline.intake.landing.landed import instant
from pipeline.intake.landing.names import FileName, period_days
from pipeline.intake.reading.headers import missing_columns
from pipeline.intake.reasons import NotTaken, reasons
from pipeline.reference import Unit


def read_content(
    home: Home, name: FileName, data: bytes, arrived_ns: int, unit: Unit | None
) -> tuple[dict[str, Any], bytes | None]:
    """What a file says.

    Returns:
        The ledger's fields of a reading (`ledger.READING`), and the copy's bytes; None where nothing was parsed.
    """
    first, last = period_days(name.period)
    arrived_on = instant(arrived_ns).astimezone(home.settings.zone).date()
    try:
        if first > arrived_on:
            raise NotTaken("period_in_future", period=name.period, arrived_on=arrived_on.isoformat())
        # Arrow takes a while to load, and most nights' gates only scan
        from pipeline.intake.reading.tables import parse

        parsed = parse(data, name.extension, load_feeds()[name.feed], home.settings.intake)
    except NotTaken as finding:
        return refused_reading(finding, name.extension), None
    copy = archive.copy_bytes(parsed.table)
    is_active = unit is None or (unit.active_from <= last and (unit.active_to is None or unit.active_to >= first))
    notes = [*parsed.notes, *(() if is_active else ("unit_not_active",))]
    notes += ["headers_refused"] if parsed.header.refused else []
    notes += ["cells_blanked"] if parsed.blanked_count else []
    notes += ["rows_misfit"] if parsed.misfit_count else []
    missing = missing_columns(parsed.header, load_feeds()[name.feed])
    notes += ["columns_missing"] if missing else []
    detail = {"misfit_count": parsed.misfit_count} if parsed.misfit_count else {}
    detail |= _missing_detail(missing) if missing else {}
    return {
        "copy_sha256": hashlib.sha256(copy).hexdigest(),
        "outcome": "parsed" if parsed.table.num_rows else "nil",
        "reason_code": None,
        "reason_detail": detail or None,
        "row_count": parsed.table.num_rows,
        "file_format": name.extension,
        "encoding": parsed.encoding,
        "sheet": parsed.sheet,
        "ignored_headers": list(parsed.header.ignored),
        "refused_headers": list(parsed.header.refused),
        "blanked_cells": parsed.blanked_count,
        "notes": notes,
    }, copy


def _missing_detail(missing: dict[str, str]) -> dict[str, Any]:
    """What the receipt says of expected columns that were not found."""
    likely = {name: near for name, near in missing.items() if near}
    return {
        "missing": list(missing),
        "likely_zh": "".join(f"“{near}”是否就是“{name}”？" for name, near in likely.items()),
        "likely_en": " ".join(f"Is '{near}' meant to be '{name}'?" for name, near in likely.items()),
    }


def refused_reading(finding: NotTaken, extension: str | None) -> dict[str, Any]:
    """The ledger's fields of a file that was not taken in."""
    return {
        "copy_sha256": None,
        "outcome": reasons()[finding.code]["outcome"],
        "reason_code": finding.code,
        "reason_detail": finding.detail or None,
        "row_count": 0,
        "file_format": extension,
        "encoding": None,
        "sheet": None,
        "ignored_headers": list(finding.ignored),
        "refused_headers": list(finding.refused),
        "blanked_cells": 0,
        "notes": [],
    }
