"""Settings: county.yaml, one module for each of its parts, every key with a default, a unit and a reason.

Not here: paths (`pipeline/home.py`), and units, divisions, holidays (`pipeline/reference.py`).
"""

from pipeline.settings.county import CountySettings, read_county_yaml

__all__ = ["CountySettings", "read_county_yaml"]
