"""How long after birth registers come to hold a child: shares by month, and bands of days by half-year of birth.

Belongs here: reading delays and drawing them. Does not: how they are estimated (`completeness/cohorts/delays.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from pipeline.checks.vocabulary import LANGUAGES, Label
from pipeline.publish.charts import to_svg
from pipeline.publish.registers import register_label

# early to late; the last stands for children who are not registered
_SHADES = ("#1a6f8f", "#5aa3ba", "#b9dbe3", "#f7e6bf", "#eab08f", "#b3261e")
_LINES = ("#1a6f8f", "#b3261e", "#a86200", "#1a7f4b", "#7a4f9e", "#5c6776", "#1c2430")
_WIDTH, _HEIGHT, _STEP = 520, 210, 24
# a share that is as good as all
_ALL = 0.9995


@dataclass(frozen=True)
class Reported:
    """The share of a register's births that came by the end of a month after that of birth, with its interval."""

    register: str
    months: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Bands:
    """Children of a half-year of birth by how many days after birth the household register held them.

    Attributes:
        born: the half-year, `2024-H1`.
        children: by band, in the order of the days; the last are those who are due and not registered.
    """

    born: str
    children: tuple[tuple[str, int], ...]


# dbt_project.yml names the register whose entry is the child's registration as `registration_feed`
REGISTRATION = "household_registration"
NOT_REGISTERED = "not_registered"
_BANDS = f"""
    SELECT substr(birth_month, 1, 4) || if(substr(birth_month, 6, 2) <= '06', '-H1', '-H2') AS born,
           if(in_{REGISTRATION} = 'held', days_to_registration_band, $not_registered) AS band, count(*)
    FROM marts.children
    WHERE is_resident AND in_{REGISTRATION} <> 'not_due' AND substr(birth_month, 1, 4) >= $first
        AND (days_to_registration_band IS NOT NULL OR in_{REGISTRATION} <> 'held')
    GROUP BY ALL ORDER BY ALL
"""


def read_reported(con: duckdb.DuckDBPyConnection) -> list[Reported]:
    """Delays of each birth register out of a warehouse, by register and month, corrected for what is still to come."""
    rows = con.execute(
        "SELECT register, delay_months, reported, low, high FROM completeness.delays WHERE register <> 'any' "
        "ORDER BY register, delay_months"
    ).fetchall()
    return [Reported(*row) for row in rows]


def read_bands(con: duckdb.DuckDBPyConnection, first: str) -> list[Bands]:
    """Days from birth to registration in the household register, of resident children who are due in it.

    Args:
        con: a connection with the mart `children` in the schema `marts`.
        first: the first year of birth, YYYY.

    Returns:
        By half-year, each with all bands. Children whose dates contradict each other are left out.
    """
    rows = con.execute(_BANDS, {"first": first, "not_registered": NOT_REGISTERED}).fetchall()
    bands = sorted({band for _, band, _ in rows}, key=_order)
    counts = {(born, band): children for born, band, children in rows}
    return [
        Bands(born, tuple((band, counts.get((born, band), 0)) for band in bands))
        for born in sorted({born for born, _, _ in rows})
    ]


def _order(band: str) -> tuple[int, int]:
    """Bands by their first day: `0-30`, `over_365`; those who are not registered last."""
    number = band.removeprefix("over_").split("-")[0]
    return (0, int(number)) if number.isdigit() else (1, 0)


def delays_chart(rows: Sequence[Reported], months: Label) -> dict[str, str]:
    """Curves by language: the share of a register's births that it held by so many months after birth.

    Args:
        months: what stands under the axis.
    """
    return {language: _curves(rows, language, getattr(months, language)) for language in LANGUAGES}


def bands_chart(rows: Sequence[Bands], born: Sequence[Label], names: Sequence[Label]) -> dict[str, str]:
    """Bars of 100 % by language: half-years down, bands across.

    Args:
        born: what the half-years are called, in their order.
        names: of the bands, in their order.
    """
    return {language: _bars(rows, *_in(language, born, names)) for language in LANGUAGES}


def _in(language: str, *labels: Sequence[Label]) -> list[list[str]]:
    return [[getattr(label, language) for label in each] for each in labels]


def _curves(rows: Sequence[Reported], language: str, months: str) -> str:
    import altair as alt

    # after a register's last births have come its curve says nothing new
    longest = max((row.months for row in rows if row.share < _ALL), default=0) + 1
    names = {row.register: getattr(register_label(row.register), language) for row in rows}
    values = [
        {"register": names[row.register], "months": row.months, "share": row.share, "low": row.low, "high": row.high}
        for row in rows
        if row.months <= longest
    ]
    data = alt.Chart(alt.Data(values=values))
    colours = alt.Scale(domain=list(names.values()), range=list(_LINES[: len(names)]))
    legend = alt.Legend(orient="right", labelLimit=220, symbolType="stroke", symbolOpacity=1, symbolStrokeWidth=3)
    colour = alt.Color("register:N", scale=colours, title=None, legend=legend)
    x = alt.X("months:Q", title=months, axis=alt.Axis(tickMinStep=1, format="d"))
    scale = alt.Scale(domain=[0, 1])
    y = alt.Y("share:Q", title=None, scale=scale, axis=alt.Axis(format=".0%", tickCount=5))
    spread = data.mark_area(opacity=0.15).encode(
        x=x, y=alt.Y("low:Q", title=None, scale=scale), y2="high:Q", color=colour
    )
    line = data.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour)
    return to_svg(alt.layer(spread, line).properties(width=_WIDTH, height=_HEIGHT).to_dict())


def _bars(rows: Sequence[Bands], born: Sequence[str], names: Sequence[str]) -> str:
    import altair as alt

    values = [
        {"born": half, "band": name, "order": order, "children": children}
        for half, row in zip(born, rows, strict=True)
        for order, (name, (_, children)) in enumerate(zip(names, row.children, strict=True))
    ]
    shades = alt.Scale(domain=list(names), range=[*_SHADES[: len(names) - 1], _SHADES[-1]])
    legend = alt.Legend(orient="bottom", columns=len(names), symbolType="square", labelLimit=160)
    chart = (
        alt.Chart(alt.Data(values=values))
        .mark_bar()
        .encode(
            x=alt.X("children:Q", stack="normalize", title=None, axis=alt.Axis(format=".0%", tickCount=5)),
            y=alt.Y("born:N", sort=None, title=None),
            color=alt.Color("band:N", scale=shades, title=None, legend=legend),
            order=alt.Order("order:Q"),
        )
    )
    return to_svg(chart.properties(width=_WIDTH, height=alt.Step(_STEP)).to_dict())
