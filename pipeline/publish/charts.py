"""Charts of the bulletin as SVG that stands in a page: no script, no network, text kept as text.

Belongs here: how a chart is drawn (Altair, Vega-Lite). Does not: which numbers it may show.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.accountability.vocabulary import Verdict
from pipeline.checks.vocabulary import LANGUAGES, Label

FONT = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif"
COLOURS = {
    Verdict.ALARM: "#b3261e", Verdict.WARNING: "#a86200", Verdict.IN_CONTROL: "#1a6f8f", Verdict.TOO_FEW: "#9aa3ad",
}  # fmt: skip
# shares from which the next shade begins; light to dark, legible in print
_STEPS, _SHADES = (0.5, 0.8, 0.9, 0.95), ("#f6d3c4", "#f7e6bf", "#e3eef1", "#b9dbe3", "#8cc5d2")
_NOT_SHOWN = "#eceff2"
# of a funnel plot: a panel's size in pixels, the inner and outer limits' shades
_PANEL = {"width": 236, "height": 170}
_COLUMNS = 3
# of one with groups across: room for a unit's code between two of them
_GROUPED_PANEL = {"width": 810, "height": 150}
# an axis that ends below this has decimals
_FINE = 0.05
_INNER_SHADE, _OUTER_SHADE, _TARGET_SHADE = "#b9c4cf", "#e3e8ed", "#5c6776"
_CLIP = re.compile(r"\b(?:clip|gradient_)\d+\b")
_NAMESPACE = re.compile(r' xmlns(:\w+)?="[^"]*"')


@dataclass(frozen=True)
class Point:
    """A unit in a funnel plot: the share that failed, of how many, its own target and limits, and its verdict."""

    unit: str
    share: float
    of: int
    expected: float
    low_998: float
    low_95: float
    high_95: float
    high_998: float
    verdict: Verdict


@dataclass(frozen=True)
class Panel:
    """A funnel plot: units that are judged by one rate.

    Attributes:
        groups: what stands across, by point, where units do not differ in how many were evaluated; else empty.
    """

    title: Label
    points: tuple[Point, ...]
    groups: tuple[Label, ...] = ()


def heat_map(points: Sequence[tuple[str, Label, Label, float | None, str]]) -> dict[str, str]:
    """A map of shares by language: places down, registers across, one panel a year.

    Args:
        points: year, place, register, share (None where suppressed) and the text that stands in the cell.
    """
    return {language: _heat_map(points, language) for language in LANGUAGES}


def _heat_map(points: Sequence[tuple[str, Label, Label, float | None, str]], language: str) -> str:
    import altair as alt

    rows = [
        {"year": year, "place": getattr(place, language), "register": getattr(register, language),
         "shade": _shade(value), "text": text}
        for year, place, register, value, text in points
    ]  # fmt: skip
    panels = []
    for year in sorted({row["year"] for row in rows}):
        base = alt.Chart(alt.Data(values=[row for row in rows if row["year"] == year])).encode(
            x=alt.X("register:N", sort=None, title=None, axis=alt.Axis(orient="top", labelAngle=0, labelLimit=122)),
            y=alt.Y("place:N", sort=None, title=None, axis=alt.Axis(labelLimit=120)),
        )
        shown = base.mark_rect(stroke="#ffffff", strokeWidth=1.5).encode(color=alt.Color("shade:N", scale=None))
        text = base.mark_text(fontSize=11, color="#1c2430").encode(text="text:N")
        panels.append((shown + text).properties(width=alt.Step(124), height=alt.Step(22), title=year))
    return to_svg(alt.vconcat(*panels).to_dict())


def _shade(value: float | None) -> str:
    return _NOT_SHOWN if value is None else _SHADES[sum(value >= step for step in _STEPS)]


@dataclass(frozen=True)
class Line:
    """A trend of one register: shares by month, `YYYY-MM`, in order; months without one are left out."""

    title: Label
    points: tuple[tuple[str, float], ...]


def lines(trends: Sequence[Line]) -> tuple[dict[str, str], ...]:
    """Trends, a picture each by language: all on the same months and from 0 to 100 %."""
    months = sorted({month for trend in trends for month, _ in trend.points})
    return tuple({language: _line(trend, months, language) for language in LANGUAGES} for trend in trends)


def _line(trend: Line, months: Sequence[str], language: str) -> str:
    import altair as alt

    # a year's first month is named; all would not fit
    named = [month for month in months if month.endswith(("-01", "-07"))] or months[:1]
    data = alt.Chart(alt.Data(values=[{"month": month, "share": share} for month, share in trend.points]))
    axis = alt.Axis(values=named, labelAngle=0)
    x = alt.X("month:O", scale=alt.Scale(domain=list(months)), title=None, axis=axis)
    y = alt.Y("share:Q", scale=alt.Scale(domain=[0, 1]), title=None, axis=alt.Axis(format=".0%", tickCount=3))
    line = data.mark_line(strokeWidth=2, color=COLOURS[Verdict.IN_CONTROL]).encode(x=x, y=y)
    dots = data.mark_circle(size=14, color=COLOURS[Verdict.IN_CONTROL], opacity=1).encode(x=x, y=y)
    title = f"{getattr(trend.title, language)}  {trend.points[-1][1]:.0%}"
    return to_svg(alt.layer(line, dots).properties(width=244, height=96, title=title).to_dict())


def funnels(panels: Sequence[Panel]) -> dict[str, str]:
    """Funnel plots by language, some panels a row (Spiegelhalter 2005, Stat. Med. 24:1185)."""
    return {language: _funnels(panels, language) for language in LANGUAGES}


def _funnels(panels: Sequence[Panel], language: str) -> str:
    import altair as alt

    drawn = [_funnel(panel, language) for panel in panels]
    columns = 1 if any(panel.groups for panel in panels) else _COLUMNS
    return to_svg(alt.concat(*drawn, columns=columns).resolve_scale(x="independent", y="independent").to_dict())


def _funnel(panel: Panel, language: str) -> Any:
    import altair as alt

    points = panel.points
    across: list[Any] = [getattr(group, language) for group in panel.groups] or [one.of for one in points]
    # small units' limits reach far: they are cut off rather than make all else flat
    limits = sorted(one.high_998 for one in points)
    top = min(1.0, 1.08 * max(0.02, limits[len(limits) // 2], *(one.share for one in points)))
    limited = [
        {"x": x, "target": one.expected, "low_998": one.low_998, "low_95": one.low_95, "high_95": one.high_95,
         "high_998": one.high_998}
        for x, one in zip(across, points, strict=True)
    ]  # fmt: skip
    if panel.groups:
        x = alt.X("x:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelLimit=140, labelPadding=8))
    else:
        scale = alt.Scale(domain=[0, max(across) * 1.06], nice=False)
        x = alt.X("x:Q", title=None, axis=alt.Axis(tickCount=4), scale=scale)

    def y(field: str) -> Any:
        axis = alt.Axis(format=".0%" if top > _FINE else ".1%", tickCount=5)
        return alt.Y(f"{field}:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, top], nice=False))

    bars = alt.Chart(alt.Data(values=limited))
    units = alt.Chart(alt.Data(values=_together(points, across, top)))
    colour = alt.Color("colour:N", scale=None)
    layers = [
        bars.mark_rule(strokeWidth=7, color=_OUTER_SHADE, clip=True).encode(x=x, y=y("low_998"), y2="high_998:Q"),
        bars.mark_rule(strokeWidth=7, color=_INNER_SHADE, clip=True).encode(x=x, y=y("low_95"), y2="high_95:Q"),
        bars.mark_tick(thickness=1.5, size=11, color=_TARGET_SHADE, orient="horizontal").encode(x=x, y=y("target")),
        units.mark_circle(size=42, opacity=1, stroke="#ffffff", strokeWidth=0.8).encode(
            x=x, y=y("share"), color=colour
        ),
    ]
    sides: tuple[tuple[Literal["left", "right"], int], ...] = (("left", 7), ("right", -7))
    for side, shift in sides:
        label = units.transform_filter(f"datum.side == '{side}'").mark_text(
            align=side, dx=shift, dy=-4 if panel.groups else 0, fontSize=9
        )
        layers.append(label.encode(x=x, y=y("share"), text="name:N", color=colour))
    size = _GROUPED_PANEL if panel.groups else _PANEL
    return alt.layer(*layers).properties(**size, title=getattr(panel.title, language))


def _together(points: Sequence[Point], across: Sequence[Any], top: float) -> list[dict[str, Any]]:
    """Points that would hide each other as one: units with an alarm or a warning by code, others by how many."""
    order = list(dict.fromkeys(across))
    is_measured = not isinstance(order[0], str)
    middle = max(order) / 2 if is_measured else 0
    places: dict[tuple[Verdict, Any, float], list[tuple[Any, Point]]] = {}
    for x, one in zip(across, points, strict=True):
        near = round(30 * x / middle) if is_measured and middle else x
        places.setdefault((one.verdict, near, round(50 * one.share / top)), []).append((x, one))
    found = []
    for (verdict, *_), own in places.items():
        x, first = own[0]
        is_told = verdict in (Verdict.ALARM, Verdict.WARNING)
        name = _names([one.unit for _, one in own], 2 if is_measured else 1) if is_told else ""
        if not is_told and len(own) > 1:
            name = f"×{len(own)}"
        is_right = x > middle if is_measured else x == order[-1] and len(order) > 1
        side = "right" if is_right else "left"
        found.append({"x": x, "share": first.share, "colour": COLOURS[verdict], "name": name, "side": side})
    return found


def _names(units: Sequence[str], most: int) -> str:
    """Units by code, as many as there is room for, and how many more."""
    more = f" +{len(units) - most}" if len(units) > most else ""
    return " ".join(units[:most]) + more


def to_svg(spec: dict[str, Any]) -> str:
    """A Vega-Lite specification as SVG for a page: no namespace address, scaled by its width."""
    import vl_convert

    config = {
        "font": FONT, "background": None, "view": {"stroke": "#dfe4ea"},
        "axis": {"labelFontSize": 11, "grid": False, "ticks": False, "domainColor": "#dfe4ea"},
        "title": {"fontSize": 13, "anchor": "start"},
    }  # fmt: skip
    spec = {key: value for key, value in spec.items() if key != "$schema"} | {"config": config}
    svg = vl_convert.vegalite_to_svg({**spec, "$schema": "https://vega.github.io/schema/vega-lite/v6.json"})
    # the library counts its ids over all charts of a process
    mark, order = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:12], dict[str, str]()
    svg = _CLIP.sub(lambda found: order.setdefault(found[0], f"{mark}-{len(order)}"), svg)
    return _NAMESPACE.sub("", svg)
