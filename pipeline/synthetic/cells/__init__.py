"""What a register writes for each of its records: from people and events to columns of cells.

Belongs here: which function writes which attribute of `registers.yaml`, and the errors that need the row's other
cells. The attributes are in `people`, `births` and `places`.
"""

from __future__ import annotations

import numpy as np

from pipeline.synthetic.cells import births, people, places
from pipeline.synthetic.cells.scribe import NUMBERS, Columns, Register, Scribe, World, registers
from pipeline.synthetic.randomness import chosen
from pipeline.synthetic.registers import errors

__all__ = ["NUMBERS", "Columns", "Register", "Scribe", "World", "registers", "write_columns"]

_ID_NUMBERS = ("child_id_no", "mother_id_no", "father_id_no")
_WITH_DIGITS = ("phone", "weight", "gestation", "birth_date", "event_date")


def _writer(attribute: str) -> object:
    return next(getattr(module, attribute) for module in (people, births, places) if hasattr(module, attribute))


def write_columns(scribe: Scribe) -> Columns:
    """The contracted columns of a batch of records, as objects; blank is the empty text."""
    by_column = scribe.register.columns
    written: Columns = {name: _writer(attribute)(scribe) for name, attribute in by_column.items()}  # type: ignore[operator]
    by_attribute = {attribute: name for name, attribute in by_column.items()}
    _swap_parents(scribe, written, by_attribute)
    _misbehave(scribe, written, by_attribute)
    for name, share in scribe.world.plan.blanks.get(scribe.feed.feed, {}).items():
        written[name][chosen(scribe.rng, share * scribe.quality**0.5, scribe.n)] = ""
    for attribute in _WITH_DIGITS:
        if attribute in by_attribute:
            column = written[by_attribute[attribute]]
            for row in scribe.hits("digits_full_width"):
                if isinstance(column[row], str):
                    column[row] = errors.full_width(column[row], scribe.rng)
    return written


def _swap_parents(scribe: Scribe, written: Columns, by_attribute: dict[str, str]) -> None:
    for kind, error in (("name", "parents_swapped"), ("id_no", "id_of_other_parent")):
        mother, father = by_attribute.get(f"mother_{kind}"), by_attribute.get(f"father_{kind}")
        if mother and father:
            both = (written[mother] != "") & (written[father] != "")
            rows = scribe.hits(error, both)
            written[mother][rows], written[father][rows] = written[father][rows], written[mother][rows]


def _misbehave(scribe: Scribe, written: Columns, by_attribute: dict[str, str]) -> None:
    """What careless and untruthful units do to id numbers."""
    _lose_digits(scribe, written, by_attribute)
    column = by_attribute.get("mother_id_no")
    if column is None:
        return
    written[column][chosen(scribe.rng, scribe.defect("no_mother_id"), scribe.n)] = ""
    wrong = chosen(scribe.rng, scribe.defect("bad_check_digit"), scribe.n)
    for row in np.flatnonzero(wrong):
        written[column][row] = errors.bad_check_digit(written[column][row], scribe.rng)


def _lose_digits(scribe: Scribe, written: Columns, by_attribute: dict[str, str]) -> None:
    """Units whose spreadsheet takes id numbers for quantities; a plan without them draws nothing for it."""
    strength = scribe.defect("digits_lost")
    if not strength.any():
        return
    is_workbook = np.array([style.is_xlsx for style in scribe.world.styles])[scribe.events.unit]
    for attribute in _ID_NUMBERS:
        if attribute in by_attribute:
            column = written[by_attribute[attribute]]
            for row in np.flatnonzero(chosen(scribe.rng, strength, scribe.n)):
                column[row] = errors.digits_lost(column[row], scribe.rng, bool(is_workbook[row]))
