"""Which pairs of records are compared: rules named by the error that they get round.

Belongs here: the rules. Does not: what a pair is worth (`comparisons.py`, `model.py`). A rule that leans on the
date of birth has a neighbourhood or a name beside it, so that its pairs grow with the records, not with their
square.
"""

from __future__ import annotations

from dataclasses import dataclass


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

    @property
    def condition(self) -> str:
        """The rule as SQL over `l` and `r`."""
        return " AND ".join(f"l.{column} = r.{column}" for column in (*self.columns, *self.explode))


RULES: tuple[BlockingRule, ...] = (
    BlockingRule("everything_but_the_certificate_wrong", ("certificate_no",)),
    BlockingRule("everything_but_the_child_id_wrong", ("child_id_no",)),
    BlockingRule("child_and_date_wrong", ("mother_id_no",)),
    BlockingRule("mother_and_date_wrong", ("father_id_no",)),
    BlockingRule("parents_ids_missing", ("birth_date",), ("parent_pinyins",)),
    BlockingRule("parents_misspelt", ("birth_date", "child_given_pinyin")),
    BlockingRule("newborn_unnamed_and_mother_misspelt", ("birth_date", "village_code")),
    BlockingRule("names_and_village_wrong", ("birth_date", "birth_weight_g")),
    BlockingRule("names_and_date_wrong", ("phone",)),
    BlockingRule("date_wrong_and_ids_missing", ("village_code", "mother_name_pinyin")),
    BlockingRule("date_wrong_and_village_missing", ("mother_name_pinyin", "father_name_pinyin")),
    BlockingRule("date_and_mother_wrong", ("township_code", "child_name_pinyin")),
)


def splink_rules(rules: tuple[BlockingRule, ...] = RULES) -> list[dict[str, object]]:
    """The rules as Splink's settings have them."""
    return [
        {"blocking_rule": rule.condition, "sql_dialect": "duckdb"}
        | ({"arrays_to_explode": list(rule.explode)} if rule.explode else {})
        for rule in rules
    ]
