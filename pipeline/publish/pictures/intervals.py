"""How complete each register is, in the county and its townships, with the 95 % interval.

Belongs here: reading published estimates and drawing them. Does not: how they are estimated (`pipeline.completeness`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import duckdb

from pipeline.accountability.vocabulary import Verdict
from pipeline.checks.vocabulary import LANGUAGES, Label
from pipeline.publish.charts import COLOURS, to_svg
from pipeline.publish.registers import register_label

_COLUMNS, _WIDTH, _ROW_HEIGHT = 3, 216, 18
_POINT, _INTERVAL, _COUNTY = COLOURS[Verdict.IN_CONTROL], "#b9c4cf", "#1c2430"
ALL_REGISTERS = "any"


@dataclass(frozen=True)
class Completeness:
    """The share of a cohort year's births that a register holds, by division, with its interval.

    Attributes:
        register: the name of its feed, or `any` for all birth registers together.
        is_county: the division is the county itself.
    """

    cohort: str
    division_code: str
    division_name: str
    is_county: bool
    register: str
    observed: int
    share: float
    low: float
    high: float


def read_completeness(con: duckdb.DuckDBPyConnection, cohorts: Sequence[str]) -> list[Completeness]:
    """What is published of cohort years, by year, register and division, the county first.

    Args:
        con: a connection with the marts `completeness_estimates` and `divisions` in the schema `marts`.
        cohorts: years of birth; what is too little to say anything of is left out.
    """
    rows = con.execute(
        """
        SELECT cohort, division_code, coalesce(estimates.division_name, division_code), divisions.level = 'county',
               register, observed, completeness, completeness_low, completeness_high
        FROM marts.completeness_estimates AS estimates JOIN marts.divisions AS divisions USING (division_code)
        WHERE NOT is_suppressed AND cohort IN (SELECT unnest($cohorts::VARCHAR[]))
        ORDER BY cohort, register <> 'any', register, divisions.level = 'county' DESC, division_code
        """,
        {"cohorts": list(cohorts)},
    ).fetchall()
    return [Completeness(*row) for row in rows]


def completeness_charts(rows: Sequence[Completeness], all_registers: Label) -> list[dict[str, str]]:
    """A picture a cohort year by language: a panel a register, divisions down, shares across.

    Args:
        rows: as `read_completeness` orders them.
        all_registers: what all registers together are called.
    """
    years = [list(own) for _, own in groupby(rows, key=lambda row: row.cohort)]
    return [{language: _chart(own, language, all_registers) for language in LANGUAGES} for own in years]


def _chart(rows: Sequence[Completeness], language: str, all_registers: Label) -> str:
    import altair as alt

    # from the five per cent under the lowest bound on, so that what is near to all can be told apart
    bottom = math.floor(20 * min(row.low for row in rows) - 1e-9) / 20
    panels = [
        _panel(list(own), max(0.0, bottom), getattr(_label(register, all_registers), language))
        for register, own in groupby(rows, key=lambda row: row.register)
    ]
    title = alt.TitleParams(rows[0].cohort, fontSize=14, offset=10)
    return to_svg(alt.concat(*panels, columns=_COLUMNS, spacing=18, title=title).to_dict())


def _panel(rows: Sequence[Completeness], bottom: float, title: str) -> Any:
    import altair as alt

    values = [
        {"place": row.division_name, "share": row.share, "low": row.low, "high": row.high,
         "colour": _COUNTY if row.is_county else _POINT}
        for row in rows
    ]  # fmt: skip
    data, order = alt.Chart(alt.Data(values=values)), [row.division_name for row in rows]
    scale = alt.Scale(domain=[bottom, 1], nice=False)
    axis = alt.Axis(format=".0%", tickCount=4, grid=True, gridColor="#eceff2")
    y = alt.Y("place:N", sort=order, title=None, axis=alt.Axis(labelLimit=110))
    colour = alt.Color("colour:N", scale=None)
    interval = data.mark_rule(strokeWidth=5, color=_INTERVAL).encode(
        x=alt.X("low:Q", title=None, scale=scale, axis=axis), x2="high:Q", y=y
    )
    point = data.mark_circle(size=46, opacity=1).encode(
        x=alt.X("share:Q", title=None, scale=scale, axis=axis), y=y, color=colour
    )
    return alt.layer(interval, point).properties(width=_WIDTH, height=alt.Step(_ROW_HEIGHT), title=title)


def _label(register: str, all_registers: Label) -> Label:
    return all_registers if register == ALL_REGISTERS else register_label(register)
