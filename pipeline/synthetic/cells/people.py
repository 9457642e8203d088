"""Names, id numbers and phones as a register writes them.

Belongs here: attributes of parents, guardians and the child's name. Does not: the errors of one text
(`registers/errors.py`).
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from pipeline.synthetic.calendar_days import day_of
from pipeline.synthetic.cells.scribe import Scribe
from pipeline.synthetic.people.ids import draw_phones, phone_text
from pipeline.synthetic.randomness import chosen
from pipeline.synthetic.registers import errors
from pipeline.synthetic.vocabulary import names

_OLD_CARDS_BEFORE = day_of(dt.date(1985, 1, 1))


def mother_name(s: Scribe) -> np.ndarray:
    """The mother's name; some mothers are written with another character in every second register."""
    column = s.parent(0)
    for row in np.flatnonzero(s.couples.is_called_otherwise[s.couple] & chosen(s.rng, 0.5, s.n)):
        own = np.random.default_rng(int(s.couple[row]))
        column[row] = errors.typo_sound(column[row], own)
    return s.err(column, errors.NAME_ERRORS)


def father_name(s: Scribe) -> np.ndarray:
    """The father's name, blank where no register knows him."""
    column = s.err(s.parent(1), errors.NAME_ERRORS)
    column[~s.couples.is_father_known[s.couple]] = ""
    return column


def _child_name(s: Scribe, given: np.ndarray) -> np.ndarray:
    c = s.children
    takes_mothers = c.has_mother_surname[s.child].astype(bool)
    takes_mothers[s.hits("surname_of_other_parent")] ^= True
    surname = s.couples.surnames[s.couple, np.where(takes_mothers, 0, 1)]
    column = s.err(s.person(surname, given[s.child]), errors.NAME_ERRORS)
    # a child that has been waiting longer has a name more often
    waited = s.events.day - c.day[s.child]
    unnamed = np.where(waited < 20, 1.3, np.where(waited < 75, 0.8, 0.4))
    for row in s.hits("nickname", chosen(s.rng, unnamed / 1.3, s.n)):
        column[row] = errors.nickname(column[row], c.rank[s.child[row]], c.plurality[s.child[row]], s.rng)
    rows = s.hits("placeholder_name", chosen(s.rng, unnamed / 1.3, s.n))
    mothers = s.parent(0)
    for row in rows:
        child = s.child[row]
        column[row] = errors.placeholder_name(
            mothers[row], int(c.sex[child]), int(c.rank[child]), int(c.plurality[child]), s.rng
        )
    return column


def early_name(s: Scribe) -> np.ndarray:
    """The name first given, a placeholder or a nickname."""
    return _child_name(s, s.children.early)


def final_name(s: Scribe) -> np.ndarray:
    """The name that stays."""
    return _child_name(s, s.children.given)


def _id(s: Scribe, ids: int | None) -> np.ndarray:
    if ids is None:
        column = s.world.ids.text(s.children.ids, s.child)
    else:
        column = s.world.ids.text(s.couples.ids[ids], s.couple)
        old = s.couples.born[s.couple, ids] < _OLD_CARDS_BEFORE
        for row in s.hits("id_15_digits", old):
            column[row] = errors.id_15_digits(column[row], s.rng)
    column = s.err(column, errors.ID_ERRORS)
    for row in s.hits("id_lower_x"):
        column[row] = column[row].lower()
    return column


def mother_id_no(s: Scribe) -> np.ndarray:
    """The mother's id number."""
    return _id(s, 0)


def father_id_no(s: Scribe) -> np.ndarray:
    """The father's id number, blank where no register knows him."""
    column = _id(s, 1)
    column[~s.couples.is_father_known[s.couple]] = ""
    return column


def child_id_no(s: Scribe) -> np.ndarray:
    """The child's id number."""
    return _id(s, None)


def guardian_name(s: Scribe) -> np.ndarray:
    """Either parent, or a grandparent."""
    who = s.guardian
    column = np.where(who == 0, s.parent(0), s.parent(1))
    old = np.flatnonzero(who == 2)
    given = np.stack([names().draw_given(s.rng, "men", len(old)) for _ in range(2)], axis=1)
    column[old] = s.person(s.couples.surnames[s.couple[old], 1], given)
    return s.err(column, errors.NAME_ERRORS)


def guardian_relation(s: Scribe) -> np.ndarray:
    """Whose relation it is, in one of the field's words."""
    words = np.array(
        [["母亲", "母亲", "母", "妈妈"], ["父亲", "父亲", "父", "爸爸"], ["祖父", "爷爷", "外祖父", "祖父"]],
        dtype=object,
    )
    return words[s.guardian, s.rng.integers(0, 4, s.n)]


def phone(s: Scribe) -> np.ndarray:
    """A phone of the mother, the father or the grandparents; at school it may be a new one."""
    whose = np.searchsorted([0.6, 0.93], s.rng.random(s.n))
    phones = s.couples.phones[s.couple, whose].copy()
    if s.feed.kind == "later_contact":
        changed = chosen(s.rng, s.world.plan.school["phone_changed"], s.n)
        phones[changed] = draw_phones(s.rng, int(changed.sum()))
    return s.err(phone_text(phones), errors.PHONE_ERRORS)
