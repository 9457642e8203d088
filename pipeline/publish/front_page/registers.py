"""What registers hold, as pictures of the front page: overlap, completeness with intervals, delays to registration.

Belongs here: which cohort year the page shows. Does not: how these are read and drawn (`publish/pictures`).
"""

from __future__ import annotations

import datetime as dt

import duckdb

from pipeline.checks.vocabulary import Label
from pipeline.publish.bulletin.parts import word
from pipeline.publish.pictures.delays import delays_chart, read_reported
from pipeline.publish.pictures.intervals import ALL_REGISTERS, completeness_charts, read_completeness
from pipeline.publish.pictures.overlap import overlap_chart, read_overlaps

Charts = tuple[dict[str, str], ...]


def register_charts(con: duckdb.DuckDBPyConnection, as_of: dt.date, months: Label) -> dict[str, Charts]:
    """By section, pictures of the last whole cohort year; delays are of all years. None where there is nothing to draw.

    Args:
        con: the warehouse, with the night's marts.
        months: what stands under the axis of delays.
    """
    years = [str(as_of.year - 1)]
    reported = read_reported(con)
    return {
        "overlap": tuple(map(overlap_chart, read_overlaps(con, years))),
        "completeness": tuple(completeness_charts(read_completeness(con, years), word("registers", ALL_REGISTERS))),
        "delays": (delays_chart(reported, months),) if reported else (),
    }
