"""The page of settings, `docs/settings.md`: written from the models, never by hand.

Run it after a setting was changed: `python -m pipeline.settings.page`. Not here: what a setting means (its own field).
"""

from __future__ import annotations

import inspect
from pathlib import Path

from pydantic import BaseModel

from pipeline.settings.county import CountySettings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"
_HEAD = """\
# Settings

`reference/county.yaml` of a home. `county_code` and `name` must be there; everything else has a default. This page is
written by `python -m pipeline.settings.page` from the models in `pipeline/settings/`; change those.
"""
_COLUMNS = "| Key | Default | Meaning |\n| --- | --- | --- |"


def settings_page(model: type[BaseModel] = CountySettings) -> str:
    """The page as Markdown: a table for the county itself, then one for each part."""
    own = [name for name, field in model.model_fields.items() if not isinstance(field.default, BaseModel)]
    sections = [f"{_HEAD}\n## The county\n\n{_table(model, own)}"]
    for key, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            part = type(field.default)
            words = inspect.cleandoc(part.__doc__ or "")
            sections.append(f"## `{key}`\n\n{words}\n\n{_table(part, list(part.model_fields), f'{key}.')}")
    return "\n\n".join(sections) + "\n"


def _table(model: type[BaseModel], names: list[str], prefix: str = "") -> str:
    rows = [_COLUMNS]
    for name in names:
        field = model.model_fields[name]
        if not field.is_required():
            rows.append(f"| `{prefix}{name}` | {_default(field.default)} | {field.description} |")
    return "\n".join(rows)


def _default(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items()) or "none"
    return "none" if value is None else str(value)


if __name__ == "__main__":
    PAGE.write_text(settings_page(), encoding="utf-8")
