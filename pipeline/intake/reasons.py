"""Why a file was not taken, and what a receipt remarks on one that was: codes in `reasons.yaml`.

Belongs here: the codes, their sentences, and the exception that carries one. Does not: reasons of the checks,
which have their own codes in `expectations/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

REASONS_FILE = Path(__file__).parent / "reasons.yaml"


class NotTaken(Exception):  # noqa: N818 - a finding about a file, not a failure of the program
    """A file, or its content, cannot be taken in.

    `detail` fills the reason's sentence, never with a cell's value; `ignored` and `refused` are headers that were
    seen all the same.
    """

    ignored: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    def __init__(self, code: str, **detail: Any) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@cache
def reasons() -> dict[str, dict[str, Any]]:
    """Every code: `outcome` (not_parsed, unreadable or note), and zh and en, each with `message` and `remedy`."""
    return yaml.safe_load(REASONS_FILE.read_text(encoding="utf-8"))


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def messages(code: str, detail: Mapping[str, Any] | None = None) -> dict[str, str] | None:
    """The sentences of a code, filled: zh, en, remedy_zh, remedy_en. None where intake does not know the code."""
    entry = reasons().get(code)
    if entry is None:
        return None
    fill = _Blank({k: "、".join(map(str, v)) if isinstance(v, list) else v for k, v in (detail or {}).items()})
    return {
        "zh": entry["zh"]["message"].format_map(fill),
        "en": entry["en"]["message"].format_map(fill),
        "remedy_zh": entry["zh"].get("remedy", "").format_map(fill),
        "remedy_en": entry["en"].get("remedy", "").format_map(fill),
    }
