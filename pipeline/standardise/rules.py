"""The rules that are data: each YAML file of `data/`, read once.

Not here: what a rule does (the module that reads it).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent / "data"


@cache
def read_rules(name: str) -> dict[str, Any]:
    """The content of `data/<name>.yaml`. Callers do not change it."""
    return yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))
