"""Writing an export: into a folder beside, which takes the place of the one that is there when all of it is written.

Belongs here: where an export may go, and the order of the steps. Does not: formats, tables or descriptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.home import Home
from pipeline.publish.export.formats import FORMATS
from pipeline.publish.export.package import NAME, described, files_of_export, table_resource
from pipeline.publish.export.public import public_tables
from pipeline.publish.export.tables import marts
from pipeline.publish.export.words import failed, refused
from pipeline.whole_files import OFFICE_MODE, replaced_folder, write_whole


@dataclass(frozen=True)
class Exported:
    """What was written: the folder, how many tables and rows, and of which release or month."""

    folder: Path
    tables: int
    rows: int
    version: str


def export(home: Home, format_name: str, out: Path, *, is_public: bool = False) -> Exported:
    """Write the current release, or the approved public tables, one file a table, with `datapackage.json`.

    Args:
        home: the county's home.
        format_name: a key of `FORMATS`.
        out: the folder; an export that is there already is replaced whole.
        is_public: the approved public tables instead of the release.

    Raises:
        UsageError: there is nothing to export, the format cannot hold it, or the folder may not be used.
        RollcallError: the folder cannot be written, or a file cannot be read; what was there before stands.
    """
    if format_name not in FORMATS:
        raise refused("no_such_format", format=format_name, formats=", ".join(FORMATS))
    chosen, target = FORMATS[format_name], checked_folder(home, out)
    with public_tables(home) if is_public else marts(home) as source:
        for table in source.tables:
            chosen.fits(source.con, table)
        with swapped_in(target) as beside:
            resources = []
            for table in source.tables:
                path = beside / f"{table.name}.{chosen.name}"
                chosen.write(source.con, table, path, source.created)
                path.chmod(OFFICE_MODE)
                resources.append(table_resource(table, path, chosen))
            write_whole(beside / NAME, described(source, resources), OFFICE_MODE)
        return Exported(target, len(source.tables), sum(table.rows for table in source.tables), source.version)


def checked_folder(home: Home, out: Path) -> Path:
    """The folder of an export, absolute; only one that is new, empty or an earlier export may be used.

    Raises:
        UsageError: it is a file, a folder of the home, or holds what no export wrote.
    """
    target = out.expanduser().resolve()
    if target.exists() and not target.is_dir():
        raise refused("is_file", path=target)
    if home.root.is_relative_to(target) or any(target.is_relative_to(folder) for folder in home.own_folders):
        raise refused("inside_home", path=target)
    try:
        other = {path.name for path in target.iterdir()} - files_of_export(target) if target.is_dir() else set()
    except OSError as error:
        raise failed("not_written", path=target, why=error.strerror or type(error).__name__) from error
    if other:
        raise refused("holds_other_things", path=target, name=min(other))
    return target


@contextmanager
def swapped_in(target: Path) -> Iterator[Path]:
    """A folder to write an export into; an error of the disk is told in both languages."""
    try:
        with replaced_folder(target) as beside:
            yield beside
    except OSError as error:
        raise failed("not_written", path=target, why=error.strerror or type(error).__name__) from error
    except duckdb.IOException as error:
        raise failed("not_written", path=target, why=type(error).__name__) from error
