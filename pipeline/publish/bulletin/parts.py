"""What a bulletin is made of: cells and tables in both languages, and the words for them.

Belongs here: the shape that pages and workbooks share, so that neither can say what the other does not. Does not: what
a table says (`bulletin/contents.py`), or its looks (`bulletin/page.py`, `bulletin/workbook.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.accountability.vocabulary import shared_words
from pipeline.checks.vocabulary import Label

WORDS_FILE = Path(__file__).parent / "labels.yaml"
_DAY = re.compile(r"\d{4}-\d\d(-\d\d)?")
# a count, a share, with its alarms, an interval, or the mark of what is not published
_NUMBER = re.compile(r"\d[\d,.]*(–\d[\d,.]*)?( %)?( ▲\d+)?|·.*")
# a word of so many letters or characters is not broken over lines
_WHOLE = {"zh": 4, "en": 10}
# at the head of a bulletin: a label, the number, its tone
Tile = tuple[Label, str, str]
# a sentence that stands before all else, its tone
Message = tuple[Label, str]


@dataclass(frozen=True)
class Cell:
    """A cell: its text in both languages, a sign that stands before it, and a tone (good, wait, bad, none or '')."""

    text: Label
    tone: str = ""
    sign: str = ""

    @property
    def is_quiet(self) -> bool:
        """Whether its sign says enough where signs stand side by side: nothing is asked for."""
        return bool(self.sign) and self.tone in ("good", "none")

    def is_whole(self, language: str) -> bool:
        """Whether it must not be broken over lines: a day, a month, a short word."""
        return bool(_DAY.fullmatch(self.text.en)) or len(self.said(language)) <= _WHOLE[language]

    def said(self, language: str) -> str:
        """The cell as one text."""
        return f"{self.sign} {getattr(self.text, language)}".strip()


@dataclass(frozen=True)
class Part:
    """A section: a table with its heading, and charts where it has some.

    Attributes:
        name: of the section; its title and note are words of `bulletin/labels.yaml`.
        is_absent: the release has no such table.
        charts: SVG by language.
        are_small: its charts stand side by side.
        is_matrix: its cells are signs with a word each, to be set narrow; pages leave out words that ask for nothing.
        remarks: more notes, such as what is left out.
    """

    name: str
    columns: tuple[Label, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    is_absent: bool = False
    charts: tuple[dict[str, str], ...] = ()
    is_matrix: bool = False
    remarks: tuple[Label, ...] = field(default=())
    are_small: bool = False

    @property
    def numeric(self) -> frozenset[int]:
        """Columns that hold numbers alone, to be set flush right; the first one labels its row."""
        held = [[row[at].text.en for row in self.rows if row[at].text.en] for at in range(len(self.columns))]
        return frozenset(at for at, texts in enumerate(held) if at and texts and all(map(_NUMBER.fullmatch, texts)))

    @property
    def title(self) -> Label:
        return word("titles", self.name)

    @property
    def note(self) -> Label:
        return word("notes", self.name)


@dataclass(frozen=True)
class Bulletin:
    """The bulletin of a county, an agency or a township for a month, ready to be set in either language.

    Attributes:
        path: of its files under the period's folder, without language and ending.
        is_office: it holds numbers that do not leave the office.
        title_name: which document it is, by the key of its title among the words.
    """

    path: str
    scope: Label
    county: str
    period: str
    messages: tuple[Message, ...]
    summary: tuple[Tile, ...]
    parts: tuple[Part, ...]
    method: tuple[Label, ...]
    is_office: bool = False
    title_name: str = "bulletin"

    @property
    def title(self) -> Label:
        return word("titles", self.title_name)


@cache
def words() -> dict[str, Any]:
    """The words of bulletins, by group and key; those of rules, levels and tickets are the same everywhere."""
    own = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    return own | {group: words_of_all | own.get(group, {}) for group, words_of_all in shared_words().items()}


def word(group: str, key: str) -> Label:
    """A word; a key that has none stands for itself."""
    found = words()[group].get(key)
    return Label(found["zh"], found["en"]) if found else Label(key, key)


def plain(text: object) -> Label:
    """The same in both languages; nothing for None."""
    said = "" if text is None else str(text)
    return Label(said, said)


def cell(text: object, tone: str = "", sign: str = "") -> Cell:
    """A cell of a label, or of what is the same in both languages."""
    return Cell(text if isinstance(text, Label) else plain(text), tone, sign)


def heads(*names: str) -> tuple[Label, ...]:
    """Headings of columns by name."""
    return tuple(word("columns", name) for name in names)
