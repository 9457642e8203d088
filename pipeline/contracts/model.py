"""The feed contracts: one YAML file per feed in `feeds/`, read and validated here.

Belongs here: what a feed is. Does not: how a cell is read (`cells.py`), or anything about a unit or a file.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.errors import RollcallError

FEEDS_FOLDER = Path(__file__).parent / "feeds"

CellType = Literal["text", "name", "sex", "date", "datetime", "id_no", "phone", "int", "code"]
Level = Literal["required", "expected", "optional"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Due(_Model):
    """When a period's submission is due: a day of the following month, or a day of a month of the same year."""

    every: Literal["month", "year"]
    day: int = Field(ge=1, le=28)
    month: int | None = Field(default=None, ge=1, le=12)

    @model_validator(mode="after")
    def _month_with_year_only(self) -> Due:
        if (self.every == "year") != (self.month is not None):
            raise ValueError("a yearly feed names its month, a monthly feed names none")
        return self


class Column(_Model):
    """One contracted column. `min`, `max` are inclusive, in the unit that the column's name ends with."""

    name: str
    zh: str
    aliases: tuple[str, ...] = ()
    type: CellType
    level: Level
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    values: dict[str, str] | None = None

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header under which this column is met: Chinese, aliases, English."""
        return (self.zh, *self.aliases, self.name)


class Feed(_Model):
    """One feed: who holds the register, when it is due, and its columns in order."""

    feed: str
    zh: str
    agency: str
    kind: Literal["birth", "reference", "later_contact"]
    record_no: str
    event_date: str
    catchment: Literal["residence", "provider"] | None = None
    due: Due
    columns: dict[str, Column]

    @model_validator(mode="before")
    @classmethod
    def _name_columns(cls, raw: dict) -> dict:
        columns = {
            name: {"name": name, **spec} if isinstance(spec, dict) else spec for name, spec in raw["columns"].items()
        }
        return {**raw, "columns": columns}

    @model_validator(mode="after")
    def _key_columns_exist(self) -> Feed:
        for key in (self.record_no, self.event_date):
            if key not in self.columns:
                raise ValueError(f"{key} is not one of the columns")
        return self

    @property
    def has_children(self) -> bool:
        """Whether its records are of a child, and so are linked (births and later contacts)."""
        return self.kind in ("birth", "later_contact")

    @property
    def period_digits(self) -> int:
        """Digits of the period in a file's name: 6 for monthly feeds (YYYYMM), 4 for yearly ones (YYYY)."""
        return 4 if self.due.every == "year" else 6

    @property
    def raw_table(self) -> str:
        """Where intake keeps this feed's cells as they were sent."""
        return f"intake.raw_{self.feed}"


def read_feed(path: Path) -> Feed:
    """Read one contract.

    Raises:
        RollcallError: the file is no valid contract; names the file and what is wrong.
    """
    try:
        feed = Feed.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError, KeyError, TypeError) as error:
        raise RollcallError(f"The contract {path.name} cannot be read: {error}") from error
    if feed.feed != path.stem:
        raise RollcallError(f"The contract {path.name} says feed: {feed.feed}.", "Name the file after its feed.")
    return feed


@cache
def load_feeds(folder: Path = FEEDS_FOLDER) -> dict[str, Feed]:
    """All contracts by feed name, births first, then later contacts, then references, each by name."""
    order = {"birth": 0, "later_contact": 1, "reference": 2}
    feeds = sorted((read_feed(p) for p in folder.glob("*.yaml")), key=lambda f: (order[f.kind], f.feed))
    return {feed.feed: feed for feed in feeds}
