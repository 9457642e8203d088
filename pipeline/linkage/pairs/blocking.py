"""Which pairs of records are compared: rules named by the error that they get round.

Belongs here: the rules. Does not: looking pairs up by them (`pairs/blocking_keys.py`), what a pair is worth
(`model/comparisons.py`, `model/frozen_model.py`). A rule that leans on the date of birth has a neighbourhood or a name
beside it, and one that leans on a place or a common name has the sex too, so that pairs grow with the records, not with
their square. Of 1.4 million pairs of one child's records of a county of 1,000,000, the sex and the neighbourhood leave
out 20.
"""

from __future__ import annotations

from dataclasses import dataclass

CANDIDATES = "candidate_pairs"


@dataclass(frozen=True)
class BlockingRule:
    """Records that agree on all `columns` are compared.

    Args:
        name: the error in the field that this rule gets round.
        explode: a list column of which one value in common is enough.
    """

    name: str
    columns: tuple[str, ...]
    explode: tuple[str, ...] = ()


RULES: tuple[BlockingRule, ...] = (
    BlockingRule("everything_but_the_certificate_wrong", ("certificate_no",)),
    BlockingRule("everything_but_the_child_id_wrong", ("child_id_no",)),
    BlockingRule("child_and_date_wrong", ("mother_id_no",)),
    BlockingRule("mother_and_date_wrong", ("father_id_no",)),
    BlockingRule("parents_ids_missing", ("birth_date",), ("parent_sounds",)),
    BlockingRule("parents_misspelt", ("birth_date", "child_name_sound")),
    BlockingRule("parents_misspelt_and_another_surname", ("birth_date", "child_given_pinyin", "township_code")),
    BlockingRule("newborn_unnamed_and_mother_misspelt", ("village_code", "child_sex"), ("birth_dates",)),
    BlockingRule("names_and_village_wrong", ("birth_date", "birth_weight_g", "township_code", "child_sex")),
    BlockingRule("names_and_date_wrong", ("phone",)),
    BlockingRule("date_wrong_and_ids_missing", ("village_code", "mother_name_sound")),
    BlockingRule("date_wrong_and_village_missing", ("mother_name_sound", "father_name_sound")),
    BlockingRule("date_and_mother_wrong", ("township_code", "child_name_sound", "child_sex")),
)
