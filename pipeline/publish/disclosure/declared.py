"""Which tables leave the office: `pipeline/publish/disclosure/public_tables.yaml`, read and validated.

Belongs here: what a public table may say. Does not: its numbers (`counting.py`, `facts.py`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.checks.vocabulary import Label
from pipeline.errors import RollcallError

TABLES_FILE = Path(__file__).with_name("public_tables.yaml")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Model):
    """A column's name in both languages."""

    zh: str
    en: str

    @property
    def label(self) -> Label:
        return Label(self.zh, self.en)


class Heading(_Model):
    """A table's title and what it shows, in one language."""

    title: str
    note: str


class Dimension(Words):
    """A way to cut a count. `levels`: name and SQL over the mart's columns, the finest first."""

    over: Literal["quarters", "townships", "birth_registers"]
    levels: dict[str, str]


class Share(Words):
    """One count over another."""

    of: tuple[str, str]


class Calendar(_Model):
    """A count that is, month by month, all or nobody of another: `month` is SQL over the mart's columns."""

    count: str
    of: str
    along: str
    month: str


class _Table(_Model):
    mart: str
    zh: Heading
    en: Heading

    @property
    def title(self) -> Label:
        return Label(self.zh.title, self.en.title)

    @property
    def note(self) -> Label:
        return Label(self.zh.note, self.en.note)


class CountTable(_Table):
    """A table that counts people; the head of the file says what each key means."""

    by: dict[str, tuple[str, ...]]
    counts: dict[str, str]
    shown: dict[str, Words]
    made_of: dict[str, tuple[str, ...]] = {}
    same_for: dict[str, str] = {}
    none_is_known: dict[str, str] = {}
    due_by_calendar: Calendar | None = None
    shares: dict[str, Share] = {}


class FactColumn(Words):
    """A column of a table that counts nobody."""

    sql: str


class FactTable(_Table):
    """A table that counts nobody. `after_reply`: not before every critical unit could reply."""

    columns: dict[str, FactColumn]
    where: str
    key: tuple[str, ...]
    after_reply: bool = False


class PublicTables(_Model):
    """The whole file."""

    dimensions: dict[str, Dimension]
    counts: dict[str, CountTable] = Field(min_length=1)
    facts: dict[str, FactTable]


@cache
def load_public_tables(path: Path = TABLES_FILE) -> PublicTables:
    """Read the declaration.

    Raises:
        RollcallError: the file is not what it should be.
    """
    try:
        return PublicTables.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise RollcallError(f"{path.name} cannot be read: {error}") from error
