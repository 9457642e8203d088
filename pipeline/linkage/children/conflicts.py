"""Hard conflicts: what two records of one child cannot differ in, however much else agrees.

Belongs here: these rules and their SQL. Does not: soft evidence (`model/comparisons.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.linkage.model.comparisons import NEAR_GRAMS


@dataclass(frozen=True)
class Conflict:
    """A rule: its name and its condition in SQL over `l` and `r`, two rows of the linkage input."""

    name: str
    condition: str


def conflicts(max_birth_date_gap_days: int) -> tuple[Conflict, ...]:
    """The rules.

    Args:
        max_birth_date_gap_days: dates further apart are two births, unless they share month and day (a wrong year).
    """
    same_number = (
        "coalesce(l.child_id_no = r.child_id_no, false) OR coalesce(l.certificate_no = r.certificate_no, false)"
    )
    same_day = "month(l.birth_date) = month(r.birth_date) AND day(l.birth_date) = day(r.birth_date)"
    return (
        Conflict(
            "two_valid_child_ids",
            "l.child_id_no_is_valid AND r.child_id_no_is_valid AND l.child_id_no <> r.child_id_no",
        ),
        Conflict(
            "births_too_far_apart",
            f"abs(l.birth_date - r.birth_date) > {max_birth_date_gap_days} "
            f"AND NOT ({same_day}) AND NOT ({same_number})",
        ),
        # of three, the second and the third are both the small one in a placeholder
        Conflict(
            "two_ranks_of_one_delivery",
            "l.birth_rank <> r.birth_rank "
            "AND NOT (least(l.birth_rank, r.birth_rank) > 1 AND (l.is_placeholder OR r.is_placeholder))",
        ),
        Conflict(
            "two_minutes_and_weights_of_one_delivery",
            f"l.birth_minute <> r.birth_minute AND abs(l.birth_weight_g - r.birth_weight_g) > {NEAR_GRAMS}",
        ),
    )


def conflict_sql(max_birth_date_gap_days: int) -> str:
    """One condition over `l` and `r`: any rule holds; false where it cannot be told."""
    return " OR ".join(f"coalesce({rule.condition}, false)" for rule in conflicts(max_birth_date_gap_days))
