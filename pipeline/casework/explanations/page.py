"""The page that explains a link: records side by side, how their weight comes about, and the history of the child.

Belongs here: what the page shows and how values are written. Does not: the facts (`linkage/explanation.py`), the words
of levels, rules and events (`linkage/labels.yaml`), or the page's looks (`templates/explanation.html.j2`). The page
names people: it stays in casework.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from pipeline.casework.explanations.waterfall_chart import Bars, bars_of
from pipeline.checks import STATE_LABELS, State
from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.linkage import Explanation, Pair, Record, Words, columns_of, explain, level_words, words
from pipeline.linkage.model.comparison_levels import ELSE
from pipeline.linkage.model.comparisons import COMPARISONS
from pipeline.whole_files import write_whole

TEMPLATES = Path(__file__).parents[1] / "templates"
# records beside the one asked for in one table: as many as fit a sheet of A4
BESIDE = 4
_UNSAFE = re.compile(r"[^\w.-]+")
_SEXES = {"1": Words("男", "male"), "2": Words("女", "female")}
NO_NAME_YET = Words("尚无姓名", "no name yet")
SAME, NEAR, DIFFERENT, MISSING = "same", "near", "differs", "missing"


@dataclass(frozen=True)
class Cell:
    """A value as pieces of text, each marked where the other record has something else."""

    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Line:
    """One comparison of two records: its name, both values, the level that they meet."""

    name: Words
    left: Cell
    right: Cell
    level: Words
    tone: str


def write_explanation(con: duckdb.DuckDBPyConnection, home: Home, texts: Sequence[str]) -> Path:
    """Write the page of one or two records, named as FEED:RECORD_NO, into `casework/explanations/`.

    Returns:
        the page's file.

    Raises:
        RollcallError: see `linkage.explain`.
    """
    found = explain(con, home, texts)
    names = "_".join(_file_part(found.records[key]) for key in found.asked)
    path = home.casework / "explanations" / f"{names}.html"
    write_whole(path, page(found, home, _places(con)))
    return path


def page(found: Explanation, home: Home, places: Mapping[str, str]) -> str:
    """The page as HTML.

    Args:
        places: by code, the names of divisions.
    """
    languages = home.settings.languages
    shown = {key: _values(record, places, languages) for key, record in found.records.items()}
    first = found.asked[0]
    is_pair = len(found.asked) > 1
    beside = [key for key in found.records if key != first and key not in found.nearest]
    pair = found.pair(*found.asked) if is_pair else None
    return _template().render(
        county=home.settings.name,
        languages=languages,
        x=found,
        first=found.records[first],
        second=found.records[found.asked[1]] if is_pair else None,
        pair=pair,
        lines=_lines(found, pair, shown) if pair else [],
        bars=bars_of(pair.waterfall) if pair else Bars((), {}),
        tables=_tables(found, shown, [first, *beside]) if not is_pair and first in shown else [],
        sent=_sent(found, [*found.asked] if is_pair else [first, *beside]),
        linked=[first, *beside],
        is_linked=found.records[first].child_id is not None,
        name_of=lambda key: _short(found, key),
        feed_words=_feed_words,
        words=words,
        state_words=lambda state: Words(*STATE_LABELS[State(state)]),
    )


def _lines(found: Explanation, pair: Pair | None, shown: Mapping[int, Mapping[str, str]]) -> list[Line]:
    """Every comparison that either record says something for, in the comparisons' order."""
    left, right = (shown[key] for key in found.asked)
    lines = []
    for step in pair.waterfall.steps if pair else ():
        if not _says_anything((left, right), step.comparison):
            continue
        one, other = (_joined(values, step.comparison) for values in (left, right))
        level = level_words(step.comparison, step.level)
        lines.append(
            Line(words("comparisons", step.comparison), *_marked(one, other), level, _tone(step.level, one, other))
        )
    return lines


def _tone(level: str | None, one: str, other: str) -> str:
    if level is None:
        return MISSING
    if level == ELSE:
        return DIFFERENT
    return SAME if one == other else NEAR


def _says_anything(records: Iterable[Mapping[str, str]], comparison: str) -> bool:
    shown = columns_of(comparison)
    return bool(shown) and any(values.get(shown[0]) for values in records)


def _joined(values: Mapping[str, str], comparison: str) -> str:
    return " · ".join(values[column] for column in columns_of(comparison) if values.get(column))


def _marked(one: str, other: str) -> tuple[Cell, Cell]:
    """Both values cut into pieces that are alike and pieces that are not; a value without its like is not marked."""
    if not one or not other or any(text.startswith(tuple(NO_NAME_YET)) for text in (one, other)):
        return Cell(((one, False),)), Cell(((other, False),))
    left, right = [], []
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if one[a:b]:
            left.append((one[a:b], tag != "equal"))
        if other[c:d]:
            right.append((other[c:d], tag != "equal"))
    return Cell(tuple(left)), Cell(tuple(right))


def _tables(found: Explanation, shown: Mapping[int, Mapping[str, str]], keys: Sequence[int]) -> list[dict[str, Any]]:
    """A child's records side by side, the one asked for first in each table."""
    first, rest = keys[0], keys[1:]
    parts = [rest[at : at + BESIDE] for at in range(0, len(rest), BESIDE)] or [[]]
    comparisons = [
        comparison.name for comparison in COMPARISONS if _says_anything((shown[key] for key in keys), comparison.name)
    ]
    tables = []
    for part in parts:
        rows = []
        for comparison in comparisons:
            asked = _joined(shown[first], comparison)
            cells = [Cell(((asked, False),)), *(_marked(asked, _joined(shown[key], comparison))[1] for key in part)]
            rows.append((words("comparisons", comparison), cells))
        tables.append({"records": [found.records[key] for key in (first, *part)], "rows": rows})
    return tables


def _sent(found: Explanation, keys: Sequence[int]) -> list[dict[str, Any]]:
    """The cells of the records as they were sent, a table for so many records as fit."""
    keys = [key for key in keys if found.records[key].sent]
    tables = []
    for part in (keys[at : at + BESIDE] for at in range(0, len(keys), BESIDE)):
        columns = list(dict.fromkeys(column for key in part for column in found.records[key].sent))
        rows = [
            (_column_words(found, part, column), [found.records[key].sent.get(column) or "" for key in part])
            for column in columns
        ]
        tables.append({"records": [found.records[key] for key in part], "rows": rows})
    return tables


def _column_words(found: Explanation, keys: Sequence[int], column: str) -> Words:
    named = words("columns", column)
    if named.zh != named.en:
        return named
    for key in keys:
        contract = load_feeds()[found.records[key].name.feed].columns.get(column)
        if contract:
            return Words(contract.zh, named.en)
    return named


def _values(record: Record, places: Mapping[str, str], languages: Sequence[str]) -> dict[str, str]:
    """What is compared of a record, written for people, by column of the linkage input."""
    said = {column: str(value) for column, value in record.compared.items() if value is not None}
    if sex := _SEXES.get(said.get("child_sex", "")):
        said["child_sex"] = _in(sex, languages)
    if (minute := record.compared.get("birth_minute")) is not None:
        said["birth_minute"] = f"{minute // 60:02}:{minute % 60:02}"
    if record.compared.get("is_placeholder") and "child_name_std" not in said:
        said["child_name_std"] = _in(NO_NAME_YET, languages)
    if "birth_weight_g" in said:
        said["birth_weight_g"] += " g"
    said["township_code"] = places.get(said.get("township_code", ""), said.get("township_code", ""))
    # the village's name stands beside its code
    if "village_name_std" in said:
        said.pop("village_code", None)
    elif "village_code" in said:
        said["village_code"] = places.get(said["village_code"], said["village_code"])
    return said


def _in(said: Words, languages: Sequence[str]) -> str:
    return " ".join(getattr(said, language) for language in languages)


def _feed_words(feed: str) -> Words:
    return Words(load_feeds()[feed].zh, feed.replace("_", " "))


def _short(found: Explanation, key: int) -> str:
    """A record as FEED:RECORD_NO; empty where it is reported no more and its number is not known here."""
    if key in found.records:
        name = found.records[key].name
        return f"{name.feed}:{name.record_no}"
    return found.names.get(key, "")


def _places(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(con.execute("SELECT division_code, name FROM reference.divisions").fetchall())


def _file_part(record: Record) -> str:
    name = record.name
    last = f"-{name.occurrence}" if name.occurrence > 1 else ""
    return _UNSAFE.sub("-", f"{name.feed}-{name.record_no}-{name.unit_code}-{name.period}{last}")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("explanation.html.j2")
