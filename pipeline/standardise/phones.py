"""Phone numbers of mainland China: mobiles of 11 digits, landlines with their area code.

Not here: whose phone it is (a household shares one; linkage knows).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.contracts.cells import phone_parts, read_phone

# numbering plan of the Ministry of Industry and Information Technology: mobiles 13–19, then 9 digits
_MOBILE = re.compile(r"(?:(?:00)?86)?0?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"(?:(?:00)?86)?(0(?:10|2\d|[3-9]\d{2})[2-9]\d{6,7})")
_ONE_DIGIT = re.compile(r"(\d)\1+")


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number: its national form, null where it cannot be one."""

    phone_std: str | None = None
    is_valid: bool = False


def read_phone_number(raw: str | None) -> Phone:
    """Read a phone's cell; of several numbers the first that can be one."""
    for part in phone_parts(raw):
        digits = read_phone(part) or ""
        found = _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits)
        # 13000000000 and the like fill a cell that must not be blank
        if found and not _ONE_DIGIT.fullmatch(found[1][3:]):
            return Phone(found[1], True)
    return Phone()
