"""`reports/metrics.prom`: what a night that changed something has to say to Prometheus, as its text format has it.

Belongs here: the numbers of `metrics.yaml`, gathered and written. Does not: who reads them (docs/runbooks/metrics.md),
or a night that found nothing new, which changes no file but the ledger of nights.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipeline.home import Home
from pipeline.publish.nights.ledger import Night, completed_nights
from pipeline.whole_files import OFFICE_MODE, write_whole

_FILE = Path(__file__).with_name("metrics.yaml")
_NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@cache
def metrics() -> dict[str, dict[str, Any]]:
    """Every metric by its name, as `metrics.yaml` has it."""
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))


def write_metrics(con: duckdb.DuckDBPyConnection, home: Home, night: Night, not_passed: Mapping[str, int]) -> Path:
    """Write the metrics of a night that has ended; a reader sees the old file or the new one.

    Args:
        con: the warehouse, in use.
        night: with its end.
        not_passed: checks that did not pass, by `red` and `amber`.
    """
    ended = night.ended_at or dt.datetime.now(dt.UTC)
    facts: dict[str, list[tuple]] = {
        "ended_at": [(round(ended.timestamp(), 3),)],
        "seconds": [(round((ended - night.started_at).total_seconds(), 1),)],
        "not_passed": list(not_passed.items()),
    }
    before = [each for each in completed_nights(home) if each.night_no < night.night_no]
    since = home.end_of_day(before[-1].as_of) if before else _NEVER
    lines: list[str] = []
    for name, metric in metrics().items():
        rows = facts[metric["fact"]] if "fact" in metric else _rows(con, metric["sql"], since)
        lines += [f"# HELP {name} {metric['en']} {metric['zh']}", f"# TYPE {name} gauge"]
        lines += [f"{name}{_labels(metric.get('labels', ()), row[:-1])} {row[-1]}" for row in rows]
    return write_whole(home.metrics_file, "\n".join(lines) + "\n", OFFICE_MODE, is_synced=False)


def _rows(con: duckdb.DuckDBPyConnection, sql: str, since: dt.datetime) -> list[tuple]:
    return con.execute(sql, {"since": since} if "$since" in sql else {}).fetchall()


def _labels(names: Sequence[str], values: Sequence[str]) -> str:
    pairs = [f'{name}="{value}"' for name, value in zip(names, values, strict=True)]
    return f"{{{','.join(pairs)}}}" if pairs else ""
