"""The front page: gathered from the warehouse after the night's release, set in each of the county's languages.

Belongs here: what the page says in which order, and writing it. Does not: counting what waits (`front_page/work.py`),
the charts' numbers (`front_page/trends.py`, `front_page/registers.py`), or its looks (`front_page.html.j2`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.checks.vocabulary import Label
from pipeline.home import Home
from pipeline.publish.bulletin.parts import Cell, cell, plain
from pipeline.publish.bulletin.parts import word as agency_word
from pipeline.publish.charts import lines
from pipeline.publish.front_page.registers import register_charts
from pipeline.publish.front_page.trends import coverage_lines, first_month, last_month
from pipeline.publish.front_page.work import Task, tasks
from pipeline.publish.nights.ledger import Night, completed_nights
from pipeline.publish.registers import register_label
from pipeline.publish.trends import read_punctuality, timeliness_lines
from pipeline.whole_files import OFFICE_MODE, write_whole

FOLDERS = [Path(__file__).parent, Path(__file__).parents[1] / "templates"]
WORDS_FILE = Path(__file__).with_name("labels.yaml")
NIGHTS = 10
_STATES = ("accepted", "nil", "held", "rejected")
_CAME = """
    SELECT feed, count(*), count(*) FILTER (state IN ('accepted', 'accepted_with_rows_set_aside', 'appended')),
           count(*) FILTER (state = 'nil'), count(*) FILTER (state = 'held'), count(*) FILTER (state = 'rejected'),
           coalesce(sum(row_count), 0)::BIGINT
    FROM checks.submission_states WHERE arrived_at >= $since GROUP BY feed ORDER BY feed
"""


NONE = Label("", "")
# pages of a month, in their folder: everybody's, the office's edition, the quality report
_OF_A_MONTH = {"bulletins": "county", "office": "office/county", "quality": "office/quality"}


@dataclass(frozen=True)
class Link:
    """A link of the page: where to, from `reports/` on, and what lies there; of which language, where it has one."""

    href: str
    label: Label
    more: Label = NONE
    language: str = ""


@dataclass(frozen=True)
class FrontPage:
    """The page in both languages."""

    county: str
    as_of: dt.date
    night: Night
    came: tuple[tuple[Cell, ...], ...]
    work: tuple[Task, ...]
    charts: dict[str, tuple[dict[str, str], ...]]
    nights: tuple[tuple[Cell, ...], ...]
    links: tuple[Link, ...]


@cache
def _words() -> dict[str, Any]:
    return yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))


def word(group: str, key: str) -> Label:
    """A word of the page."""
    found = _words()[group][key]
    return Label(found["zh"], found["en"])


def write_front_page(
    con: duckdb.DuckDBPyConnection, home: Home, night: Night, as_of: dt.date, before: dt.date | None
) -> tuple[Path, ...]:
    """Write `reports/index.html` in the county's first language, and `index.<language>.html` in the others.

    Args:
        con: the warehouse, in use, with the night's marts.
        before: the day of the night before; None on the first night.

    Returns:
        The files.
    """
    since = home.end_of_day(before) if before else dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    made = FrontPage(
        county=home.settings.name,
        as_of=as_of,
        night=night,
        came=_came(con, since),
        work=tuple(tasks(con, home, as_of, since)),
        charts={
            "coverage": lines(coverage_lines(con, as_of)),
            "timeliness": lines(timeliness_lines(read_punctuality(con, first_month(as_of), last_month(as_of)))),
            **register_charts(con, as_of, word("axes", "months")),
        },
        nights=_nights(home, night),
        links=tuple(links_of(home)),
    )
    languages = home.settings.languages
    written = []
    for language in languages:
        path = home.reports / _name(language, languages)
        others = [(_name(other, languages), other) for other in languages if other != language]
        write_whole(path, _set(made, language, others), OFFICE_MODE)
        written.append(path)
    return tuple(written)


def _name(language: str, languages: tuple[str, ...]) -> str:
    return "index.html" if language == languages[0] else f"index.{language}.html"


def _set(made: FrontPage, language: str, others: Sequence[tuple[str, str]]) -> str:
    environment = Environment(loader=FileSystemLoader(FOLDERS), autoescape=True, undefined=StrictUndefined)
    environment.filters["say"] = lambda label: getattr(label, language)
    environment.globals.update(word=word, language=language, code=None)
    return environment.get_template("front_page.html.j2").render(p=made, others=others)


def _came(con: duckdb.DuckDBPyConnection, since: dt.datetime) -> tuple[tuple[Cell, ...], ...]:
    rows = []
    for feed, files, *states, read in con.execute(_CAME, {"since": since}).fetchall():
        counts = dict(zip(_STATES, states, strict=True))
        tones = {"held": "wait" if counts["held"] else "", "rejected": "bad" if counts["rejected"] else ""}
        rows.append(
            (
                cell(register_label(feed)), cell(f"{files:,}"),
                *(cell(f"{counts[state]:,}", tones.get(state, "")) for state in _STATES),
                cell(f"{files - sum(states):,}"), cell(f"{read:,}"),
            )
        )  # fmt: skip
    return tuple(rows)


def _nights(home: Home, tonight: Night) -> tuple[tuple[Cell, ...], ...]:
    rows = []
    for night in [tonight, *reversed(completed_nights(home)[-NIGHTS:])]:
        began = night.started_at.astimezone(home.settings.zone)
        # of tonight's, until this page was written
        took = ((night.ended_at or dt.datetime.now(dt.UTC)) - night.started_at).total_seconds() / 60
        rows.append(
            (
                cell(night.run_id), cell(night.as_of.isoformat()), cell(f"{began:%Y-%m-%d %H:%M}"),
                cell(f"{took:.1f}"), cell(f"{night.records_new or 0:,}"), cell(night.release or night.run_id),
            )
        )  # fmt: skip
    return tuple(rows)


def links_of(home: Home) -> list[Link]:
    """Where all else lies: check reports, what was made of each month (the last first), marts, folders."""
    found = [
        Link(f"checks/{path.name}", word("links", "checks"), agency_word("agencies", path.stem))
        for path in sorted((home.reports / "checks").glob("*.html"))
    ]
    for month in sorted((home.reports / "bulletins").glob("*/"), reverse=True):
        found += [
            Link(path.relative_to(home.reports).as_posix(), word("links", kind), plain(month.name), language)
            for kind, name in _OF_A_MONTH.items()
            for language in home.settings.languages
            if (path := month / f"{name}_{language}.html").is_file()
        ]
    return [
        *found,
        Link(f"../published/{home.current_marts.name}", word("links", "marts")),
        Link("../casework/outgoing/", word("links", "outgoing")),
        Link("../public/", word("links", "public")),
    ]
