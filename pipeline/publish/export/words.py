"""The words of an export: what stands in its description, and why one was not made, in both languages.

Belongs here: reading `labels.yaml` and filling in names and numbers. Does not: when which of them is said.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from pipeline.checks.vocabulary import LANGUAGES
from pipeline.errors import RollcallError, UsageError

_FILE = Path(__file__).with_name("labels.yaml")


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))


def said(group: str, key: str, **filled: object) -> str:
    """A text in Chinese, then in English, with its gaps filled."""
    found = _words()[group][key]
    return " ".join(found[language].format(**filled) for language in LANGUAGES)


def refused(key: str, **filled: object) -> UsageError:
    """The error of somebody who asked for what cannot be, in both languages."""
    return UsageError(said("refused", key, **filled))


def failed(key: str, **filled: object) -> RollcallError:
    """The error of work that failed, in both languages."""
    return RollcallError(said("failed", key, **filled))
