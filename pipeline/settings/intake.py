"""What intake reads, and how checks are run."""

from __future__ import annotations

from pydantic import Field

from pipeline.settings.part import Part


class IntakeSettings(Part):
    """Limits of what intake reads, and when a revision is held."""

    max_rows: int = Field(default=1_000_000, gt=0, description="rows of one file")
    max_columns: int = Field(default=2_000, gt=0, description="columns of one file")
    max_cell_chars: int = Field(default=2_000, gt=0, description="characters of one cell")
    max_unpacked_mb: int = Field(default=1_000, gt=0, description="MB that an XLSX may unpack to")
    max_cells: int = Field(
        default=30_000_000, gt=0, description="cells of an XLSX sheet, the blank ones between included"
    )
    held_share: float = Field(default=0.10, description="share of record numbers dropped, above which a revision waits")
    held_minimum: int = Field(default=3, description="dropped record numbers up to which no revision waits")


class CheckSettings(Part):
    """How checks are run."""

    frame_rows: int = Field(
        default=200_000, gt=0, description="rows checked at a time, about 1 kB each; only a backlog has more"
    )
    report_periods: int = Field(default=24, gt=0, description="latest periods that a check report's matrix shows")
