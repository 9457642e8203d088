"""Writing a month's bulletins: prepare the tables, set every page and workbook, lay them where they are looked at.

Belongs here: the order of these steps. Does not: letting anything out (`approval/approve.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.home import Home
from pipeline.publish.approval.controlled import controlled
from pipeline.publish.approval.prepared import prepared_folder, put_in_place
from pipeline.publish.bulletin.contents import make_bulletins
from pipeline.publish.bulletin.facts import gather
from pipeline.publish.bulletin.office import make_office_bulletin
from pipeline.publish.bulletin.page import page
from pipeline.publish.bulletin.parts import Bulletin
from pipeline.publish.bulletin.quality import make_quality_report
from pipeline.publish.bulletin.workbook import workbook
from pipeline.reference import load_reference


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        folder: where it lies.
        bulletins: of how many (the county, agencies, townships); each is a page and a workbook a language.
        files: how many files may be let out, the tables not counted.
        absent: sections that the release has no table for.
    """

    folder: Path
    bulletins: int
    files: int
    absent: tuple[str, ...]


def write_bulletins(con: duckdb.DuckDBPyConnection, home: Home, period: str) -> Written:
    """Prepare a month's tables and its bulletins; only when all is made does it take the place of what was prepared.

    Args:
        con: a connection with the marts of a release in the schema `marts`.
        period: a month, `YYYY-MM`, that was over when the release was made.

    Raises:
        UsageError: the period is no month, or not over yet.
    """
    tables = controlled(con, home, period)
    facts, reference, county = gather(con, tables), load_reference(home), home.settings.name
    bulletins = make_bulletins(facts, reference, county)
    languages = home.settings.languages
    files = {name: data for one in bulletins for name, data in _files(one, languages).items()}
    office = make_office_bulletin(con, facts, reference, county)
    quality = make_quality_report(con, home, facts, county)
    put_in_place(home, period, tables, files, _files(office, languages) | _files(quality, languages))
    folder = prepared_folder(home, period)
    absent = tuple(part.name for part in office.parts if part.is_absent)
    return Written(folder, len(bulletins), len(files), absent)


def _files(bulletin: Bulletin, languages: tuple[str, ...]) -> dict[str, bytes]:
    found = {}
    for language in languages:
        found[f"{bulletin.path}_{language}.html"] = page(bulletin, language)
        found[f"{bulletin.path}_{language}.xlsx"] = workbook(bulletin, language)
    return found
