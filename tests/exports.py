"""What is read back from an export, for tests of what it holds."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

TYPES = {"string", "integer", "number", "boolean", "date", "datetime"}


def check_package(folder: Path) -> dict:
    """Hold a folder against what a tabular data package must be; returns its description."""
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert package["resources"]
    names = [one["name"] for one in package["resources"]]
    assert len(set(names)) == len(names)
    for one in package["resources"]:
        data = (folder / one["path"]).read_bytes()
        assert one["bytes"] == len(data)
        assert one["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        assert one["description"]
        assert one["mediatype"]
        if one.get("type") == "table":
            _check_schema(one["schema"])
    # nothing lies there that the description does not name
    assert {path.name for path in folder.iterdir()} == {"datapackage.json", *(r["path"] for r in package["resources"])}
    return package


def _check_schema(schema: dict) -> None:
    names = [field["name"] for field in schema["fields"]]
    assert len(set(names)) == len(names) > 0
    for field in schema["fields"]:
        assert field["type"] in TYPES
        assert field["description"]
    assert set(schema.get("primaryKey", [])) <= set(names)
