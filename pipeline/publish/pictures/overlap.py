"""Which combinations of birth registers hold the children of a cohort year: an UpSet plot.

Belongs here: counting combinations and drawing them. Does not: estimating who is in none (`pipeline.completeness`).

Source of the plot: Lex, Gehlenborg, Strobelt, Vuillemot and Pfister (2014), IEEE Trans. Vis. Comput. Graph. 20:1983.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from pipeline.accountability.vocabulary import Verdict
from pipeline.checks.vocabulary import LANGUAGES
from pipeline.contracts import load_feeds
from pipeline.publish.charts import COLOURS, to_svg
from pipeline.publish.registers import register_label

# columns of the picture, the largest combinations; tables have them all
MOST_COLUMNS = 20
_HELD, _NOT_HELD, _BAR = COLOURS[Verdict.IN_CONTROL], "#dfe4ea", "#5c6776"
_COLUMN_WIDTH, _ROW_HEIGHT, _BAR_HEIGHT = 40, 24, 140


@dataclass(frozen=True)
class Overlap:
    """The combinations of registers of a cohort year.

    Attributes:
        cohort: year of birth, YYYY.
        registers: the birth registers, by the names of their feeds, in the contracts' order.
        combinations: registers that hold a child, and how many children just these hold; most children first.
    """

    cohort: str
    registers: tuple[str, ...]
    combinations: tuple[tuple[frozenset[str], int], ...]

    def held_by(self, register: str) -> int:
        """Children whom a register holds, in whichever combination."""
        return sum(children for held, children in self.combinations if register in held)


def read_overlaps(con: duckdb.DuckDBPyConnection, cohorts: Sequence[str]) -> list[Overlap]:
    """The overlap of cohort years, among children of resident families whom at least one birth register holds.

    Args:
        con: a connection with the mart `children` in the schema `marts`.
        cohorts: years of birth; one without children is left out.
    """
    held = ", ".join(f"if(in_{register} = 'held', '{register}', NULL)" for register in _registers())
    return _read(
        con,
        f"""
        SELECT substr(birth_month, 1, 4) AS cohort, list_filter([{held}], lambda one: one IS NOT NULL) AS held
        FROM marts.children WHERE is_resident
        """,
        cohorts,
    )


def read_captured(con: duckdb.DuckDBPyConnection, cohorts: Sequence[str]) -> list[Overlap]:
    """The same out of the histories that estimates are made from: without months that not all registers were to cover.

    Args:
        con: a warehouse, with `intermediate.int_capture_histories`.
    """
    return _read(con, "SELECT cohort, registers AS held FROM intermediate.int_capture_histories", cohorts)


def _registers() -> tuple[str, ...]:
    return tuple(feed.feed for feed in load_feeds().values() if feed.kind == "birth")


def _read(con: duckdb.DuckDBPyConnection, children: str, cohorts: Sequence[str]) -> list[Overlap]:
    """Counts of a query of children: `cohort`, and the list of registers that hold each, `held`."""
    found: dict[str, list[tuple[frozenset[str], int]]] = {}
    for cohort, held, count in con.execute(
        f"""
        SELECT cohort, held, count(*) AS children FROM ({children})
        WHERE len(held) > 0 AND cohort IN (SELECT unnest($cohorts::VARCHAR[]))
        GROUP BY cohort, held ORDER BY cohort, children DESC, held
        """,
        {"cohorts": list(cohorts)},
    ).fetchall():
        found.setdefault(cohort, []).append((frozenset(held), count))
    return [Overlap(cohort, _registers(), tuple(rows)) for cohort, rows in found.items()]


def overlap_chart(overlap: Overlap) -> dict[str, str]:
    """The picture by language: bars of how many children, over dots that say which registers hold them."""
    return {language: _chart(overlap, language) for language in LANGUAGES}


def _chart(overlap: Overlap, language: str) -> str:
    import altair as alt

    names = {one: f"{getattr(register_label(one), language)} {overlap.held_by(one):,}" for one in overlap.registers}
    shown = overlap.combinations[:MOST_COLUMNS]
    bars = [{"at": at, "children": children} for at, (_, children) in enumerate(shown)]
    dots = [
        {"at": at, "register": names[one], "colour": _HELD if one in held else _NOT_HELD}
        for at, (held, _) in enumerate(shown)
        for one in overlap.registers
    ]
    joins = [
        {"at": at, "first": names[own[0]], "last": names[own[-1]]}
        for at, (held, _) in enumerate(shown)
        if len(own := [one for one in overlap.registers if one in held]) > 1
    ]
    places, rows = list(range(len(shown))), list(names.values())
    x = alt.X("at:O", axis=None, scale=alt.Scale(domain=places))

    def y(field: str) -> alt.Y:
        axis = alt.Axis(labelLimit=220, domain=False)
        return alt.Y(f"{field}:O", title=None, axis=axis, sort=rows, scale=alt.Scale(domain=rows))

    height = alt.Y("children:Q", title=None, axis=alt.Axis(tickCount=4, format=",d"))
    counted = alt.Chart(alt.Data(values=bars))
    above = alt.layer(
        counted.mark_bar(color=_BAR, size=22).encode(x=x, y=height),
        counted.mark_text(dy=-7, fontSize=10).encode(x=x, y=height, text=alt.Text("children:Q", format=",d")),
    ).properties(width=_COLUMN_WIDTH * len(shown), height=_BAR_HEIGHT, title=overlap.cohort)
    matrix = alt.layer(
        alt.Chart(alt.Data(values=joins)).mark_rule(color=_HELD, strokeWidth=2).encode(x=x, y=y("first"), y2="last:O"),
        alt.Chart(alt.Data(values=dots))
        .mark_circle(size=110, opacity=1)
        .encode(x=x, y=y("register"), color=alt.Color("colour:N", scale=None)),
    ).properties(width=_COLUMN_WIDTH * len(shown), height=_ROW_HEIGHT * len(rows))
    return to_svg(alt.vconcat(above, matrix, spacing=6).resolve_scale(x="independent").to_dict())
