"""`datapackage.json`: what an export holds, as a Frictionless tabular data package (https://datapackage.org, 2.0).

Belongs here: the description of files and columns. Does not: writing the files (`export/formats.py`).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pipeline.publish.export.formats import Format
from pipeline.publish.export.tables import Field, Source, Table

NAME = "datapackage.json"
# how the names of all our packages begin
OURS = "rollcall-"
_PROFILES = "https://datapackage.org/profiles/2.0"
# how a table schema calls the engine's types; what is not here is text
_TYPES = {
    "VARCHAR": "string",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "datetime",
}


def described(source: Source, resources: list[dict[str, Any]]) -> str:
    """The package's description as JSON."""
    content = {
        "$schema": f"{_PROFILES}/datapackage.json",
        "name": f"{OURS}{source.name}",
        "description": source.description,
        "version": source.version,
        "created": source.created,
        "resources": resources,
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def files_of_export(folder: Path) -> set[str]:
    """The files that an earlier export has written into a folder, its description too; none where there was none."""
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if not str(content["name"]).startswith(OURS):
            return set()
        return {NAME, *(one["path"] for one in content["resources"])}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return set()


def table_resource(table: Table, path: Path, of: Format) -> dict[str, Any]:
    """What the package says of one table and its file."""
    schema: dict[str, Any] = {
        "$schema": f"{_PROFILES}/tableschema.json",
        "fields": [_field(field) for field in table.fields],
        "missingValues": [""],
    }
    if table.key:
        schema["primaryKey"] = list(table.key)
    return {**resource(table.name, table.description, path, of.name, of.mediatype, is_text=of.is_text),
            "type": "table", "rows": table.rows, "schema": schema}  # fmt: skip


def resource(
    name: str, description: str, path: Path, format_name: str, mediatype: str, *, is_text: bool
) -> dict[str, Any]:
    """What the package says of a file, whatever is in it: its size and its hash."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "name": name,
        "path": path.name,
        "description": description,
        "format": format_name,
        "mediatype": mediatype,
        **({"encoding": "utf-8"} if is_text else {}),
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256}",
    }


def _field(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": field.name,
        "type": _TYPES.get(field.engine_type, "string"),
        "description": field.description,
    }
    if field.codes:
        found["constraints"] = {"enum": list(field.codes)}
    return found
