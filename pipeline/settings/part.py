"""What every part of county.yaml has alike: no unknown key, nothing changed after reading, defaults filled in.

Not here: any single setting.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, ValidationInfo


class Part(BaseModel):
    """A part of county.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def over_defaults(model: type[BaseModel], info: ValidationInfo, value: Mapping[str, float], what: str) -> dict:
    """A county names the entries that it changes; the others keep their defaults."""
    defaults = model.model_fields[str(info.field_name)].default
    if unknown := sorted(value.keys() - defaults.keys()):
        raise ValueError(f"{unknown[0]} is no {what}; there are {', '.join(defaults)}")
    return {**defaults, **value}
