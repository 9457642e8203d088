"""Errors that a person meets.

Only the exception types belong here. A `RollcallError` carries a sentence that is safe to show anywhere:
it never quotes a name, an id number, a phone or a birth date.
"""


class RollcallError(Exception):
    """The work failed and a sentence says why and what to do (exit status 1).

    Args:
        message: what was found, naming file, row and column where there are such.
        remedy: what the reader can do about it.
    """

    exit_status = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class UsageError(RollcallError):
    """The command was asked for something that cannot be (exit status 2)."""

    exit_status = 2


class ReferenceFileError(RollcallError):
    """A reference file of the county (county.yaml, units.csv, divisions.csv, holidays.csv) is wrong."""


class LockedError(RollcallError):
    """Another night holds the home's lock."""
