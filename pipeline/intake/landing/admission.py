"""Whether a landed file may come in at all, by where it lies, what it is and what it is called.

Belongs here: everything that is known without opening the file. Does not: what the file holds (`reading/tables.py`).
"""

from __future__ import annotations

from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.intake.landing.landed import NO_UNIT, Landed
from pipeline.intake.landing.names import FileName, read_name
from pipeline.intake.reasons import NotTaken
from pipeline.reference import Reference, Unit


def admit(home: Home, reference: Reference, file: Landed) -> FileName:
    """The name of a file that this unit may send.

    Raises:
        NotTaken: with an outcome of `not_parsed`.
    """
    if file.kind == "link":
        raise NotTaken("link")
    if file.kind == "special":
        raise NotTaken("special_file")
    if file.unit_code == NO_UNIT:
        raise NotTaken("outside_unit_folder")
    if file.kind == "folder":
        raise NotTaken("subfolder")
    unit = reference.units.get(file.unit_code)
    if unit is None:
        raise NotTaken("unknown_unit", folder=file.unit_code)
    try:
        name = read_name(file.file_name, load_feeds())
    except NotTaken as finding:
        finding.detail |= _names(unit)
        raise
    if name.feed not in unit.feeds:
        raise NotTaken("feed_not_held", feed=name.feed, feed_zh=load_feeds()[name.feed].zh, **_names(unit))
    megabytes, limit = file.file_bytes / 1_000_000, home.settings.max_file_mb
    if megabytes > limit:
        raise NotTaken("too_large", megabytes=round(megabytes), limit=limit)
    return name


def _names(unit: Unit) -> dict[str, str]:
    """What this unit sends, as a clerk may name a file, and an example of such a name."""
    feeds = [load_feeds()[feed] for feed in unit.feeds]
    if not feeds:
        return {}
    period = {4: "2025", 6: "202503"}[feeds[0].period_digits]
    return {
        "own_zh": "、".join(feed.zh for feed in feeds),
        "own_en": ", ".join(feed.feed for feed in feeds),
        "example_zh": f"{feeds[0].zh}_{period}.xlsx",
        "example_en": f"{feeds[0].feed}_{period}.xlsx",
    }


def refusal_code(home: Home, reference: Reference, file: Landed) -> str | None:
    """Why a file may not come in; None where it may."""
    try:
        admit(home, reference, file)
    except NotTaken as finding:
        return finding.code
    return None
