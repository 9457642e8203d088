"""What the marts are: their columns, keys and allowed values, read from the YAML files beside the dbt models.

Belongs here: turning those files and the contracts into one specification, which the release is checked against and
the data dictionary is written from. Does not: either of these, or how a mart is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from pipeline.contracts import load_feeds
from pipeline.errors import RollcallError
from pipeline.home import SHIPPED

MARTS_FOLDER = SHIPPED / "dbt_project" / "models" / "marts"
# how DuckDB names the types that the YAML files use
_ENGINE_TYPES = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}


@dataclass(frozen=True)
class MartColumn:
    """One column of a mart.

    Attributes:
        name: as analysts see it; of a column that stands once per register, with `{register}` in it.
        values: the values it may have beside null; empty where it is not a list of codes.
        pattern: what all of a text value must match; empty where any text is allowed.
        filled: when a column that may be null in every row is filled; empty where some row always has a value.
    """

    name: str
    data_type: str
    description: str
    is_nullable: bool = True
    values: tuple[str, ...] = ()
    pattern: str = ""
    filled: str = ""

    @property
    def engine_type(self) -> str:
        """The type as DuckDB reports it."""
        return _ENGINE_TYPES.get(self.data_type, self.data_type)


@dataclass(frozen=True)
class Mart:
    """One mart.

    Attributes:
        key: columns that name a row; their nulls are equal to one another.
        documented: columns as written, the one per register once.
        columns: columns in the order of the table, the one per register spelled out for the contracts' registers.
    """

    name: str
    description: str
    key: tuple[str, ...]
    documented: tuple[MartColumn, ...]
    columns: tuple[MartColumn, ...]

    @property
    def order_by(self) -> str:
        """The order in which its rows are published: its key, nulls last."""
        return ", ".join(f'"{column}" NULLS LAST' for column in self.key)


def _sentence(text: str) -> str:
    return " ".join(text.split())


def _column(raw: dict) -> MartColumn:
    meta = raw.get("config", {}).get("meta", {})
    return MartColumn(
        name=raw["name"],
        data_type=raw["data_type"].upper(),
        description=_sentence(raw["description"]),
        is_nullable=not any(constraint["type"] == "not_null" for constraint in raw.get("constraints", [])),
        values=tuple(meta.get("values", raw.get("values", ()))),
        pattern=meta.get("pattern", ""),
        filled=meta.get("filled", ""),
    )


def _mart(raw: dict) -> Mart:
    meta = raw["config"]["meta"]
    documented, columns = [], []
    per_register = meta.get("column_per_register")
    for column in map(_column, raw["columns"]):
        documented.append(column)
        columns.append(column)
        if per_register and per_register["after"] == column.name:
            pattern = _column(per_register)
            documented.append(pattern)
            columns += [
                MartColumn(
                    pattern.name.format(register=feed.feed),
                    pattern.data_type,
                    pattern.description,
                    values=pattern.values,
                    is_nullable=False,
                )
                for feed in load_feeds().values()
                if feed.has_children
            ]
    return Mart(raw["name"], _sentence(raw["description"]), tuple(meta["key"]), tuple(documented), tuple(columns))


@cache
def load_marts(folder: Path = MARTS_FOLDER) -> dict[str, Mart]:
    """Every mart by name, from the YAML files of a folder.

    Raises:
        RollcallError: a file lacks what the release needs to know; names it.
    """
    found: dict[str, Mart] = {}
    for path in sorted(folder.rglob("*.yml")):
        for raw in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", []):
            try:
                found[raw["name"]] = _mart(raw)
            except (KeyError, TypeError, AttributeError) as error:
                raise RollcallError(
                    f"{path.name}: a model lacks {error}.",
                    "A mart has a description, config.meta.key, and for each column a name, data_type and description.",
                ) from error
    return found
