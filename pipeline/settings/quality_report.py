"""What the quality report says that no data can tell: whom to ask, the legal basis, who needs the figures."""

from __future__ import annotations

from pydantic import Field

from pipeline.settings.part import Part


class QualityReportSettings(Part):
    """What the quality report cannot know by itself; where it is left out, the report names the key to fill in."""

    organisation: str | None = Field(default=None, description="the organisation that answers for the figures")
    office: str | None = Field(default=None, description="its office or section")
    post: str | None = Field(default=None, description="the post, not the person, to turn to")
    address: str | None = Field(default=None, description="postal address")
    email: str | None = Field(default=None, description="the office's own mail address")
    telephone: str | None = Field(default=None, description="the office's own number")
    legal_mandate: tuple[str, ...] = Field(
        default=(), description="laws and orders under which registers are reported and compared, one an entry"
    )
    user_needs: str | None = Field(default=None, description="who uses the figures, for what, and what they still lack")
    comment: str | None = Field(default=None, description="anything else that a reader should know")
