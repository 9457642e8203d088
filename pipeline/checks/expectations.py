"""The expectations: what `expectations/_common.yml` and a feed's own file ask, merged with its contract.

Belongs here: reading and validating those files, and making the feed's list of checks. Does not: running them
(`validate.py`), nor the words to a clerk (`messages.py`).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.contracts import Column, Feed
from pipeline.errors import RollcallError
from pipeline.home import SHIPPED

EXPECTATIONS = SHIPPED / "expectations"
COMMON = "_common.yml"

Severity = Literal["row", "file"]
Measure = Literal["item_completeness", "validity", "uniqueness"]
# what a unit is told of: a failure counts against the rule that its code names, else the one of its measure
Rule = Literal["item_missing", "invalid_id_number", "invalid_value", "duplicates"]
RULE_OF_MEASURE: dict[Measure, Rule] = {
    "item_completeness": "item_missing",
    "validity": "invalid_value",
    "uniqueness": "duplicates",
}
# keys of an expectation's kwargs that name frame columns
COLUMN_KEYS = ("column", "column_A", "column_B", "column_list")
# columns of the frame that come with the file, and what can be asked of a contracted column by its type
FILE_COLUMNS = frozenset({"revision_id", "period", "arrived_on", "row.reading"})
ANY_SUFFIXES = frozenset({"raw", "reading"})
SUFFIXES_BY_TYPE = {
    "id_no": frozenset({"problem", "birth_date", "sex", "digits"}),
    "code": frozenset({"digits"}),
    "phone": frozenset({"digits"}),
    "date": frozenset({"period", "meanings"}),
    "datetime": frozenset({"period", "meanings"}),
}
_PLACEHOLDER = re.compile(r"\{(column|min|max|pattern)\}")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Model):
    """A sentence in both languages."""

    zh: str = Field(min_length=2)
    en: str = Field(min_length=2)


class Selector(_Model):
    """Contracted columns that an expectation is generated for: all that is given must hold."""

    level: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    has: tuple[Literal["min", "pattern", "values"], ...] = ()
    role: tuple[Literal["record_no", "event_date"], ...] = ()

    def selects(self, column: Column, feed: Feed) -> bool:
        """Whether the column is one of those meant."""
        return (
            (not self.level or column.level in self.level)
            and (not self.type or column.type in self.type)
            and all(getattr(column, name) is not None for name in self.has)
            and all(getattr(feed, name) == column.name for name in self.role)
        )


class Derived(_Model):
    """A frame column made from others, null where one of them is.

    `years_between`: from the first date to the second. `comparison`: same | different.
    `one_of`: the column's value where it is listed, else null.
    """

    years_between: tuple[str, str] | None = None
    comparison: tuple[str, str] | None = None
    one_of: tuple[str, tuple[str, ...]] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Derived:
        if sum(way is not None for way in (self.years_between, self.comparison, self.one_of)) != 1:
            raise ValueError("give one of years_between, comparison, one_of")
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        """The frame columns that it is made from."""
        return self.years_between or self.comparison or (self.one_of[0] if self.one_of else "",)


class Code(_Model):
    """What a code means: the expectation behind it, what a failure does, and the words for it."""

    expectation: str | None = None
    kwargs: dict[str, Any] = {}
    for_columns: tuple[Selector, ...] = ()
    severity: Severity = "row"
    measure: Measure
    rule: Rule | None = None
    sets_aside: bool = False
    mostly: float = Field(default=1.0, gt=0, le=1)
    minimum_failed: int = Field(default=1, ge=1)
    message: Text
    remedy: Text


class CommonFile(_Model):
    """`_common.yml`."""

    codes: dict[str, Code]


class FeedFile(_Model):
    """A feed's own file: entries are a code, the column that it is shown at, and what differs from `_common.yml`."""

    feed: str
    derived: dict[str, Derived] = {}
    expectations: tuple[dict[str, Any], ...]


class Check(_Model):
    """One expectation of one feed, ready to run."""

    code: str
    column: str
    expectation: str
    kwargs: dict[str, Any]
    severity: Severity
    measure: Measure
    rule: Rule
    sets_aside: bool
    mostly: float
    minimum_failed: int

    @property
    def frame_columns(self) -> tuple[str, ...]:
        """The frame columns that it looks at."""
        named = (self.kwargs[key] for key in COLUMN_KEYS if key in self.kwargs)
        return tuple(name for value in named for name in ([value] if isinstance(value, str) else value))

    @property
    def looks_for_blanks(self) -> bool:
        """Whether a blank is what it looks for; every other expectation passes blanks over."""
        return self.type_name == "ExpectColumnValuesToNotBeNull"

    @property
    def type_name(self) -> str:
        """The class in great_expectations.expectations, from either way of writing it."""
        parts = self.expectation.split("_")
        return "".join(p.capitalize() for p in parts) if len(parts) > 1 else self.expectation


class FeedChecks(_Model):
    """All checks of a feed, and the derived columns that they need."""

    feed: str
    derived: dict[str, Derived]
    checks: tuple[Check, ...]


def _read(path: Path, model: type[_Model]) -> Any:
    if not path.is_file():
        raise RollcallError(
            f"The expectations {path} are absent.", f"Write it as the other feeds do; {COMMON} says how."
        )
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise RollcallError(f"The expectations {path} cannot be read: {error}") from error


@cache
def common_codes(folder: Path = EXPECTATIONS) -> dict[str, Code]:
    """The codes of `_common.yml`."""
    return _read(folder / COMMON, CommonFile).codes


def feed_file(feed: Feed, folder: Path = EXPECTATIONS) -> FeedFile:
    """A feed's own file.

    Raises:
        RollcallError: it is absent, of another feed, or not valid.
    """
    path = folder / feed.agency / f"{feed.feed}.yml"
    found: FeedFile = _read(path, FeedFile)
    if found.feed != feed.feed:
        raise RollcallError(f"The expectations {path} say feed: {found.feed}.", "Name the file after its feed.")
    return found


def merged_code(entry: dict[str, Any], folder: Path = EXPECTATIONS) -> Code:
    """A feed's entry over what `_common.yml` says of its code.

    Raises:
        ValidationError: neither says all that a code needs.
    """
    own = {key: value for key, value in entry.items() if key not in ("code", "column")}
    base = common_codes(folder).get(entry.get("code", ""))
    if base is None:
        return Code.model_validate(own)
    told = base.model_dump(exclude={"for_columns"})
    return Code.model_validate({**told, **own, "kwargs": {**told["kwargs"], **own.get("kwargs", {})}})


def _filled(value: Any, column: Column) -> Any:
    """kwargs with {column}, {min}, {max}, {pattern} of the contract; a lone placeholder keeps its type."""
    if isinstance(value, dict):
        return {key: _filled(part, column) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled(part, column) for part in value]
    if not isinstance(value, str):
        return value
    facts = {"column": column.name, "min": column.min, "max": column.max, "pattern": column.pattern}
    lone = _PLACEHOLDER.fullmatch(value)
    return facts[lone[1]] if lone else _PLACEHOLDER.sub(lambda m: str(facts[m[1]]), value)


def _check(name: str, code: Code, column: Column) -> Check:
    kwargs = _filled(code.kwargs, column)
    if not any(key in kwargs for key in COLUMN_KEYS):
        kwargs["column"] = column.name
    return Check(
        code=name, column=column.name, expectation=code.expectation or "", kwargs=kwargs, severity=code.severity,
        measure=code.measure, rule=code.rule or RULE_OF_MEASURE[code.measure],
        sets_aside=code.sets_aside, mostly=code.mostly, minimum_failed=code.minimum_failed,
    )  # fmt: skip


def _known(name: str, feed: Feed, derived: dict[str, Derived]) -> bool:
    if name in FILE_COLUMNS or name in derived or name in feed.columns:
        return True
    column, _, suffix = name.partition(".")
    if column not in feed.columns:
        return False
    return suffix in ANY_SUFFIXES | SUFFIXES_BY_TYPE.get(feed.columns[column].type, frozenset())


def load_checks(feed: Feed, folder: Path = EXPECTATIONS) -> FeedChecks:
    """All checks of a feed: those generated from its contract, then those of its own file.

    Raises:
        RollcallError: names the file, the code and the column that is not known.
    """
    own = feed_file(feed, folder)
    checks = [
        _check(name, code, column)
        for name, code in common_codes(folder).items()
        for column in feed.columns.values()
        if any(selector.selects(column, feed) for selector in code.for_columns)
    ]
    where = f"The expectations {folder / feed.agency / feed.feed}.yml"
    for entry in own.expectations:
        name, column = entry.get("code"), entry.get("column")
        if not name or column not in feed.columns:
            raise RollcallError(f"{where}: entry {name!r} has no contracted column ({column!r}).", "Name both.")
        try:
            code = merged_code(entry, folder)
        except ValidationError as error:
            raise RollcallError(f"{where}: entry {name!r} is incomplete: {error}") from error
        if code.expectation is None or code.sets_aside:
            raise RollcallError(f"{where}: {name!r} is no expectation of a feed's own.", "Use another code.")
        checks.append(_check(name, code, feed.columns[column]))
    for name in [n for c in checks for n in c.frame_columns] + [n for d in own.derived.values() for n in d.inputs]:
        if not _known(name, feed, own.derived):
            raise RollcallError(f"{where}: no column {name!r} can be looked at.", f"See {folder / COMMON}.")
    return FeedChecks(feed=feed.feed, derived=own.derived, checks=tuple(checks))
