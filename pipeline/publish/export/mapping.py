"""What rollcall's measures and units are called in a DHIS2: the mapping file, read and held against the schema.

Belongs here: saying what is wrong with the file, in both languages. Does not: the values (`export/dhis2.py`).
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from pipeline.contracts import load_feeds
from pipeline.errors import UsageError
from pipeline.publish.export.words import refused

SCHEMA = Path(__file__).with_name("dhis2_mapping.schema.json")
MEASURES = Path(__file__).with_name("dhis2_measures.yaml")
# all monthly feeds of an organisation unit together
ALL = "all"


@dataclass(frozen=True)
class Mapping:
    """The mapping.

    Attributes:
        org_units: uid by the code of a unit or a division.
        data_elements: uid by measure and feed, or `all`.
        months: how many of the last months go out; None for all.
        combos: of the options that DHIS2 may ask for, by their names in its data values.
    """

    org_units: dict[str, str]
    data_elements: dict[tuple[str, str], str]
    months: int | None
    combos: dict[str, str]


@cache
def measures() -> dict[str, dict[str, str]]:
    """Every measure that can go out, by name."""
    return yaml.safe_load(MEASURES.read_text(encoding="utf-8"))


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        UsageError: it is absent, no YAML, not of the schema, or names what is not there.
    """
    raw = _read(path)
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for error in sorted(validator.iter_errors(raw), key=lambda error: list(map(str, error.absolute_path))):
        raise _wrong(path, error.absolute_path, str(error.schema.get("description", "")))
    elements = {(name, feed): uid for name, feeds in raw["data_elements"].items() for feed, uid in feeds.items()}
    monthly = sorted(feed.feed for feed in load_feeds().values() if feed.due.every == "month")
    for name, feed in elements:
        if name not in measures():
            raise refused("no_such_measure", path=path, name=name, known=", ".join(measures()))
        if feed not in (ALL, *monthly):
            raise refused("no_such_feed", path=path, name=f"{name}.{feed}", known=", ".join((ALL, *monthly)))
    for part in (raw["org_units"], elements):
        if double := [uid for uid, times in Counter(part.values()).items() if times > 1]:
            raise refused("uid_twice", path=path, uid=double[0])
    combos = {
        "categoryOptionCombo": raw.get("category_option_combo"),
        "attributeOptionCombo": raw.get("attribute_option_combo"),
    }
    return Mapping(raw["org_units"], elements, raw.get("months"), {name: uid for name, uid in combos.items() if uid})


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise refused("mapping_absent", path=path) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        raise refused("mapping_no_yaml", path=path, line=mark.line + 1 if mark else 1) from error
    if isinstance(raw, dict) and isinstance(raw.get("org_units"), dict):
        # YAML reads an unquoted code as a number; the digits are what was meant
        raw["org_units"] = {str(code): uid for code, uid in raw["org_units"].items()}
    return raw


def _wrong(path: Path, where: Any, should: str) -> UsageError:
    return refused("mapping_wrong", path=path, where=".".join(map(str, where)) or "/", should=should)
