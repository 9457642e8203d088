"""Writing a month's bulletins: prepare the tables, set every page and workbook, lay them where they are looked at.

Belongs here: the order of these steps. Does not: letting anything out (`approve.py`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.home import RESTRICTED_MODE, Home
from pipeline.publish.bulletin import make_bulletins
from pipeline.publish.bulletin_facts import gather
from pipeline.publish.bulletin_office import make_office_bulletin
from pipeline.publish.bulletin_page import page
from pipeline.publish.bulletin_parts import Bulletin
from pipeline.publish.bulletin_workbook import workbook
from pipeline.publish.prepared import add_files, prepare, prepared_folder
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
    """Prepare a month's tables and write its bulletins beside them; what was prepared for it before goes.

    Args:
        con: a connection with the marts of a release in the schema `marts`.
        period: a month, `YYYY-MM`, that was over when the release was made.

    Raises:
        UsageError: the period is no month, or not over yet.
    """
    tables = prepare(con, home, period)
    facts, reference, county = gather(con, tables), load_reference(home), home.settings.name
    bulletins = make_bulletins(facts, reference, county)
    languages = home.settings.languages
    files = {name: data for one in bulletins for name, data in _files(one, languages).items()}
    add_files(home, period, files)
    folder = prepared_folder(home, period)
    office = make_office_bulletin(con, facts, reference, county)
    for name, data in _files(office, languages).items():
        path = folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_bytes(data)
        os.chmod(path, RESTRICTED_MODE)
    absent = tuple(part.name for part in office.parts if part.is_absent)
    return Written(folder, len(bulletins), len(files), absent)


def _files(bulletin: Bulletin, languages: tuple[str, ...]) -> dict[str, bytes]:
    found = {}
    for language in languages:
        found[f"{bulletin.path}_{language}.html"] = page(bulletin, language)
        found[f"{bulletin.path}_{language}.xlsx"] = workbook(bulletin, language)
    return found
