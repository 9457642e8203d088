"""What may leave the office."""

from __future__ import annotations

from pydantic import Field

from pipeline.settings.part import Part


class DisclosureSettings(Part):
    """What may leave the office, beside `suppression_limit`."""

    protection_width: int = Field(
        default=5,
        ge=1,
        description="people; what is suppressed may not be worked out to an interval narrower than this",
    )
    small_group: int = Field(
        default=10, ge=1, description="in a group of fewer, that none or all of it are something is suppressed too"
    )
    cohort_years: int = Field(
        default=3, ge=1, description="years of birth in public tables, the bulletin's own among them"
    )
    reply_working_days: int = Field(
        default=10, ge=0, description="working days in which a critical unit may reply before it is named outside"
    )
