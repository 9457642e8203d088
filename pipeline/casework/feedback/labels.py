"""The words of the feedback to units, and which periods it tells of.

Belongs here: reading `feedback/labels.yaml`, both languages in one cell, names of feeds. Does not: what a unit is told
(`feedback/rows.py`, `feedback/critical.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.accountability.obligations.calendar import month_after, month_of
from pipeline.accountability.vocabulary import shared_words
from pipeline.contracts import load_feeds
from pipeline.home import Home


@cache
def words() -> dict[str, Any]:
    """The words of the feedback; those of rules and of tickets' statuses are the same everywhere."""
    own, shared = yaml.safe_load(Path(__file__).with_name("labels.yaml").read_text(encoding="utf-8")), shared_words()
    return own | {"rules": shared["rules"], "statuses": shared["tickets"] | own["statuses"]}


def both(text: Mapping[str, str]) -> str:
    """Chinese, then English, in one cell."""
    return f"{text['zh']}\n{text['en']}"


def feed_name(feed: str) -> str:
    """A feed in both languages, in one cell."""
    return f"{load_feeds()[feed].zh}\n{feed.replace('_', ' ')}"


def told_since(home: Home, as_of: dt.date) -> tuple[str, str]:
    """The first month, and the first year, whose periods a unit is told of: those that a trailing window covers."""
    settings = home.settings.accountability
    return (
        month_of(month_after(as_of.replace(day=1), -settings.trailing_months)),
        f"{as_of.year - settings.trailing_years:04d}",
    )
