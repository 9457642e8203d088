"""SQL in files: the statements of `<module>.sql`, which lies beside the module `<module>.py` that sends them.

Belongs here: reading such a file, and the one step that puts a name into a statement. Does not: any statement, or who
sends it. A file holds one statement or several, each under a line `-- name: <name>` and ended by a semicolon; comments
below that line say what it gives. DuckDB gets values as parameters (`$name`), never as part of the text. What cannot be
a parameter, the name of a table or a list that the program makes, has a place `{name}`, which `Statements.filled`
fills after it has checked what goes in. sqlfluff reads both kinds of places (`pipeline/.sqlfluff`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HEADER = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_PLACE = re.compile(r"\{([a-z_]+)\}")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*){0,2}")
_QUOTED = re.compile(r"'(?:[^']|'')*'")


@dataclass(frozen=True)
class Fragment:
    """Part of a statement that the program itself makes from its own facts, such as an expression over columns.

    Never of a value that came from outside: that is a parameter.

    Raises:
        ValueError: it would end the statement or begin a comment, or its quotes or brackets do not close.
    """

    sql: str

    def __post_init__(self) -> None:
        bare = _QUOTED.sub("", self.sql)
        if any(sign in bare for sign in (";", "--", "/*", "'")) or bare.count("(") != bare.count(")"):
            raise ValueError(f"No part of one statement: {self.sql}")


class Statements:
    """The statements beside a module, by name: `STATEMENTS = Statements(__file__)`.

    The file is read when the first of them is asked for, and once.
    """

    def __init__(self, module: str) -> None:
        self.path = Path(module).with_suffix(".sql")

    def __getitem__(self, name: str) -> str:
        """The text of a statement that has no places to fill.

        Raises:
            KeyError: the file has no such statement.
            ValueError: it has places (`filled` takes what goes into them), or the file is not laid out as it must be.
        """
        return self.filled(name)

    def filled(self, name: str, /, **parts: str | Iterable[str] | Fragment) -> str:
        """The text of a statement with its places filled.

        Args:
            name: the statement's.
            parts: by place, an identifier (`table`, `schema.table`), several of them for a list, or a `Fragment`.

        Raises:
            KeyError: the file has no such statement.
            ValueError: its places are others than these, or what goes in is neither identifier nor fragment.
        """
        text = read_statements(self.path)[name]
        places = set(_PLACE.findall(text))
        if places != set(parts):
            raise ValueError(f"{self.path.name}, {name}: it has the places {sorted(places)}, not {sorted(parts)}")
        texts = {place: _checked(part) for place, part in parts.items()}
        return _PLACE.sub(lambda found: texts[found[1]], text)


@cache
def read_statements(path: Path) -> dict[str, str]:
    """Read a file of statements: by name, the text without its name and its last semicolon.

    Raises:
        ValueError: something other than comments stands before the first name, or two statements have one name.
    """
    before, *parts = _HEADER.split(path.read_text(encoding="utf-8"))
    names, texts = parts[::2], [text.strip().removesuffix(";") for text in parts[1::2]]
    if len(set(names)) < len(names) or any(line and not line.startswith("--") for line in before.splitlines()):
        raise ValueError(f"{path}: a name twice, or a statement without one")
    return dict(zip(names, texts, strict=True))


def _checked(part: str | Iterable[str] | Fragment) -> str:
    if isinstance(part, Fragment):
        return part.sql
    names = [part] if isinstance(part, str) else list(part)
    if not names or not all(_IDENTIFIER.fullmatch(name) for name in names):
        raise ValueError(f"No identifiers: {names}")
    return ", ".join(names)
