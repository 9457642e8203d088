"""What a file whose name says too little may be: its header proposes the register, its events the period.

Belongs here: a proposal for the unit, which its receipt names. Does not: taking the file in. Nothing that is guessed
here enters the data; the unit decides, by sending the file again under the name.
"""

from __future__ import annotations

from collections import Counter
from pathlib import PurePath

from pipeline.contracts import Feed, load_feeds
from pipeline.contracts.dates import read_date
from pipeline.intake.reasons import NotTaken
from pipeline.reference import Unit
from pipeline.settings.intake import IntakeSettings

# codes of names that say too little, where the content may say the rest
NAMES_THAT_SAY_TOO_LITTLE = ("name_not_pattern", "unknown_feed", "period_form")
NOTE = "name_proposed"
# of the events whose date can be read, the share that one period must hold to be proposed
SHARE_IN_PERIOD = 0.8


def propose(data: bytes, file_name: str, unit: Unit, finding: NotTaken, limits: IntakeSettings) -> dict[str, str]:
    """The register and the period that a file's content speaks for, and the name to send it under.

    Args:
        finding: why the name was not taken; where it names a register of the unit's, no other is proposed.
        limits: of what is read.

    Returns:
        Details for the receipt: `proposed_zh`, `proposed_en` and `proposed_name`; none where the header is not that of
        exactly one register of the unit, or the events are spread over periods.
    """
    # Arrow takes a while to load, and most nights meet no such name
    from pipeline.intake.reading.tables import parse

    extension = PurePath(file_name).suffix.lstrip(".").lower()
    named = finding.detail.get("feed")
    feeds = [load_feeds()[feed] for feed in unit.feeds if named not in unit.feeds or feed == named]
    read = {}
    for feed in feeds:
        try:
            read[feed.feed] = parse(data, extension, feed, limits)
        except NotTaken:
            continue
    matched = {feed: len(parsed.header.positions) for feed, parsed in read.items()}
    best = [feed for feed, count in matched.items() if count == max(matched.values())]
    if len(best) != 1:
        return {}
    feed = load_feeds()[best[0]]
    texts = read[feed.feed].table.column(feed.event_date).to_pylist()
    period = _period_of(texts, feed)
    if period is None:
        return {}
    name = f"{feed.feed}_{period.replace('-', '')}"
    chinese = f"{feed.zh}_{period.replace('-', '')}"
    kept = extension if extension in ("csv", "xlsx") else "xlsx"
    return {
        "proposed_zh": f"{feed.zh} {period}",
        "proposed_en": f"{feed.feed.replace('_', ' ')}, {period}",
        "proposed_name": f"{name}.{kept}",
        "proposed_name_zh": f"{chinese}.{kept}",
    }


def _period_of(texts: list[str | None], feed: Feed) -> str | None:
    """The month, or the year of a yearly register, in which most events fell; None where there is no such one."""
    found: Counter[str] = Counter()
    for text, count in Counter(texts).items():
        cell = read_date(text)
        if cell is not None:
            found[cell.day.isoformat()[: 4 if feed.period_digits == 4 else 7]] += count
    if not found:
        return None
    period, count = found.most_common(1)[0]
    return period if count >= SHARE_IN_PERIOD * found.total() else None
