"""The machine: its clock, when nights are missed, and what DuckDB may use."""

from __future__ import annotations

from pydantic import Field

from pipeline.settings.part import Part


class ClockSettings(Part):
    """How far the machine's clock is believed."""

    most_days_between_nights: int = Field(
        default=92,
        gt=0,
        description="days after the last night from which on today's date must be confirmed with `--as-of`",
    )


class DoctorSettings(Part):
    """When `rollcall doctor --quick` says that something is wrong."""

    most_hours_since_night: float = Field(
        default=26, gt=0, description="hours since a night ended well from which on `rollcall doctor --quick` fails"
    )


class DuckDBSettings(Part):
    """What DuckDB may use."""

    threads: int = Field(default=2, gt=0, description="threads of a night")
    memory_limit_mb: int = Field(default=4_096, gt=0, description="MB that DuckDB may hold before it spills")
