"""Sections of the office's edition about what registers hold: their overlap, completeness, delays to registration.

Belongs here: pictures of `pictures/` with the same numbers as tables. Does not: anything public: these are numbers of
people that pass no disclosure control.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from pipeline.checks.vocabulary import Label
from pipeline.publish.bulletin.parts import Cell, Part, cell, heads, word
from pipeline.publish.disclosure.facts import is_there
from pipeline.publish.pictures.delays import NOT_REGISTERED, bands_chart, read_bands
from pipeline.publish.pictures.intervals import ALL_REGISTERS, completeness_charts, read_completeness
from pipeline.publish.pictures.overlap import overlap_chart, read_overlaps
from pipeline.publish.registers import register_label

# half-years of birth that delays are shown of: of this year of birth and the two before
_YEARS_OF_DELAYS = 3
_HELD = "●"


def register_parts(con: duckdb.DuckDBPyConnection, years: Sequence[str]) -> list[Part]:
    """The three sections, of children born in these years; absent where the release has no such mart.

    Args:
        con: a connection with the marts of a release in the schema `marts`.
        years: years of birth, the last one that of the bulletin's month.
    """
    has_children = is_there(con, "children")
    return [
        _overlap(con, years) if has_children else Part("overlap", is_absent=True),
        _completeness(con, years) if is_there(con, "completeness_estimates") else Part("completeness", is_absent=True),
        _delays(con, years) if has_children else Part("delays", is_absent=True),
    ]


def _overlap(con: duckdb.DuckDBPyConnection, years: Sequence[str]) -> Part:
    overlaps = read_overlaps(con, years)
    registers = overlaps[0].registers if overlaps else ()
    rows = tuple(
        (
            cell(overlap.cohort), cell(f"{children:,}"),
            *(cell("", "", _HELD) if register in held else cell("") for register in registers),
        )
        for overlap in overlaps
        for held, children in overlap.combinations
    )  # fmt: skip
    columns = (*heads("year", "children"), *map(register_label, registers))
    return Part("overlap", columns, rows, charts=tuple(map(overlap_chart, overlaps)), is_matrix=True)


def _completeness(con: duckdb.DuckDBPyConnection, years: Sequence[str]) -> Part:
    found = read_completeness(con, years)
    rows = tuple(
        (
            cell(one.cohort), cell(one.division_name), _register(one.register), cell(f"{one.observed:,}"),
            cell(_share(one.share)), cell(f"{100 * one.low:.1f}–{_share(one.high)}"),
        )
        for one in found
    )  # fmt: skip
    columns = heads("year", "place", "register", "held", "completeness", "interval")
    charts = tuple(completeness_charts(found, word("registers", ALL_REGISTERS)))
    return Part("completeness", columns, rows, charts=charts)


def _delays(con: duckdb.DuckDBPyConnection, years: Sequence[str]) -> Part:
    found = read_bands(con, str(int(years[-1]) - _YEARS_OF_DELAYS + 1))
    names = band_labels([band for band, _ in found[0].children]) if found else []
    born = [born_label(one.born) for one in found]
    rows = tuple(
        (cell(half), *(cell(f"{children:,}") for _, children in one.children))
        for half, one in zip(born, found, strict=True)
    )
    charts = (bands_chart(found, born, names),) if found else ()
    return Part("delays", (*heads("born"), *names), rows, charts=charts)


def band_labels(bands: Sequence[str]) -> list[Label]:
    """What bands of days are called: `31-60`, `over_365`."""
    found = []
    for band in bands:
        kind = NOT_REGISTERED if band == NOT_REGISTERED else "over" if band.startswith("over_") else "days"
        frame, days = word("bands", kind), band.removeprefix("over_").replace("-", "–")
        found.append(Label(frame.zh.format(days=days), frame.en.format(days=days)))
    return found


def born_label(half_year: str) -> Label:
    """What a half-year of birth is called: `2024-H1`."""
    year, half = half_year.split("-")
    frame = word("halves", half)
    return Label(frame.zh.format(year=year), frame.en.format(year=year))


def _register(name: str) -> Cell:
    return cell(word("registers", name) if name == ALL_REGISTERS else register_label(name))


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"
