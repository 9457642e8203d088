"""Charts of the bulletin as SVG that stands in a page: no script, no network, text kept as text.

Belongs here: how a chart is drawn (Altair, Vega-Lite). Does not: which numbers it may show.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.accountability.verdicts import VERDICT_LABELS, Verdict
from pipeline.checks.vocabulary import Label
from pipeline.publish.bulletin_parts import LANGUAGES

FONT = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif"
COLOURS = {
    Verdict.ALARM: "#b3261e", Verdict.WARNING: "#a86200", Verdict.IN_CONTROL: "#1a6f8f", Verdict.TOO_FEW: "#9aa3ad",
}  # fmt: skip
# shares from which the next shade begins; light to dark, legible in print
_STEPS, _SHADES = (0.5, 0.8, 0.9, 0.95), ("#f6d3c4", "#f7e6bf", "#e3eef1", "#b9dbe3", "#8cc5d2")
_NOT_SHOWN = "#eceff2"
# standard normal quantiles of the 95 % and 99.8 % limits
_INNER, _OUTER = 1.959964, 3.090232
_CLIP = re.compile(r"\b(?:clip|gradient_)\d+\b")
_NAMESPACE = re.compile(r' xmlns(:\w+)?="[^"]*"')


@dataclass(frozen=True)
class Point:
    """A unit in a funnel plot: a share, its interval, of how many, against what target, and what was said of it."""

    feed: Label
    unit: str
    value: float
    low: float | None
    high: float | None
    of: int
    expected: float | None
    verdict: Verdict


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


def funnel(points: Sequence[Point], title: Label, *, has_limits: bool) -> dict[str, str]:
    """Funnel plots of one measure by language, one panel a feed; limits only of what is judged as one rate."""
    return {language: _funnel(points, getattr(title, language), language, has_limits) for language in LANGUAGES}


def _funnel(points: Sequence[Point], title: str, language: str, has_limits: bool) -> str:
    import altair as alt

    panels = []
    for feed in dict.fromkeys(point.feed for point in points):
        own = [point for point in points if point.feed == feed]
        values = [
            {"of": one.of, "value": one.value, "low": one.low, "high": one.high, "unit": one.unit,
             "colour": COLOURS[one.verdict], "verdict": getattr(VERDICT_LABELS[one.verdict], language),
             "name": one.unit if one.verdict in (Verdict.ALARM, Verdict.WARNING) else ""}
            for one in own
        ]  # fmt: skip
        lines = _limits(own) if has_limits else []
        lowest = min([*(one.value for one in own), *(one.low for one in own if one.low is not None)])
        scale = alt.Scale(domain=[max(0.0, lowest - 0.02), 1.0], clamp=True)
        x = alt.X("of:Q", title=None, axis=alt.Axis(tickCount=4), scale=alt.Scale(zero=True, nice=True))
        y = alt.Y("value:Q", title=None, scale=scale, axis=alt.Axis(format=".0%", tickCount=5))
        base = alt.Chart(alt.Data(values=values))
        layers: list[Any] = [
            alt.Chart(alt.Data(values=lines))
            .mark_line(color="#5c6776", strokeWidth=1, clip=True)
            .encode(x=x, y=y, detail="line:N", strokeDash=alt.StrokeDash("dash:N", scale=None, legend=None)),
            base.mark_rule(strokeWidth=1, opacity=0.5).encode(
                x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q", color=alt.Color("colour:N", scale=None)
            ),
            base.mark_circle(size=42, opacity=1).encode(x=x, y=y, color=alt.Color("colour:N", scale=None)),
            base.mark_text(align="left", dx=6, fontSize=9).encode(
                x=x, y=y, text="name:N", color=alt.Color("colour:N", scale=None)
            ),
        ]
        panels.append(alt.layer(*layers).properties(width=250, height=170, title=getattr(feed, language)))
    chart = alt.concat(*panels, columns=2, title=title)
    return to_svg(chart.to_dict())


def _limits(points: Sequence[Point]) -> list[dict[str, Any]]:
    """The target and its binomial limits by the number of cases, without over-dispersion (Spiegelhalter 2005)."""
    targets = sorted(point.expected for point in points if point.expected is not None)
    if not targets:
        return []
    target, most = targets[len(targets) // 2], max(point.of for point in points)
    lines = [{"line": "target", "of": of, "value": target, "dash": [1, 0]} for of in (0, most)]
    for line, width, dash in (("inner", _INNER, [4, 3]), ("outer", _OUTER, [2, 2])):
        for step in range(1, 41):
            of = max(1.0, most * step / 40)
            half = width * (target * (1 - target) / of) ** 0.5
            for side, value in ((f"{line}-low", target - half), (f"{line}-high", target + half)):
                lines.append({"line": side, "of": round(of, 2), "value": round(min(max(value, 0), 1), 4), "dash": dash})
    return lines


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
