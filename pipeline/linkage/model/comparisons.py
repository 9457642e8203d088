"""How two records are compared, column by column: comparisons whose levels name the field's errors.

Belongs here: the levels and their SQL. Does not: what a level is worth (`model/frozen_model.py`), or which pairs are
compared (`pairs/blocking.py`). A level is known by its label everywhere: in models, on cards, in explanations.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pipeline.linkage.model.comparison_levels import (
    Comparison,
    Level,
    either_null,
    name_levels,
    neighbouring,
    number_levels,
    one_character,
    one_character_between,
)

# days between two dates that one slip of the pen may explain; months are 29 to 31 days
NEAR_DAYS = 31
# days within which one mother has no second delivery: two dates are then one birth's, one of them wrong
NO_SECOND_BIRTH_DAYS = 210
TENS_OF_DAYS = (10, 20, 30)
# grams between two weighings, or a weight and itself in kilograms with one decimal
NEAR_GRAMS = 50
# minutes between the birth of two children of one delivery, at most usually
SAME_HOUR_MINUTES = 60
# digits that the numbers have when they are whole
ID_DIGITS, CERTIFICATE_DIGITS, PHONE_DIGITS = 18, 10, 11


def _dates(test: str) -> str:
    """The test on either written date of each side; a record has a second one where its id number says another."""
    pairs = (
        ("birth_date_l", "birth_date_r"),
        ("birth_date_beside_l", "birth_date_r"),
        ("birth_date_l", "birth_date_beside_r"),
    )
    return " OR ".join(f"coalesce({test.format(a=a, b=b)}, false)" for a, b in pairs)


def _lunar(slack_days: int) -> str:
    return (
        f"coalesce(abs(birth_date_lunar_l - birth_date_r) <= {slack_days}, false) "
        f"OR coalesce(abs(birth_date_l - birth_date_lunar_r) <= {slack_days}, false) "
        f"OR coalesce(abs(birth_date_leap_l - birth_date_r) <= {slack_days}, false) "
        f"OR coalesce(abs(birth_date_l - birth_date_leap_r) <= {slack_days}, false)"
    )


def _birth_date() -> Comparison:
    day_and_month = "month({a}) = month({b}) AND day({a}) = day({b})"
    tens = ", ".join(str(days) for days in TENS_OF_DAYS)
    return Comparison(
        "birth_date",
        either_null("birth_date"),
        (
            Level("the same", _dates("{a} = {b}")),
            Level("one day apart", _dates("abs({a} - {b}) = 1")),
            Level(
                "day and month swapped",
                _dates("year({a}) = year({b}) AND month({a}) = day({b}) AND day({a}) = month({b})"),
            ),
            Level("lunar read as solar", _lunar(0)),
            Level("wrong year", _dates(f"abs(year({{a}}) - year({{b}})) = 1 AND {day_and_month}")),
            Level("tens of days apart", _dates(f"abs({{a}} - {{b}}) IN ({tens})")),
            Level("lunar read as solar, and a day", _lunar(1)),
            Level(
                "one digit of day or month",
                _dates("year({a}) = year({b}) AND hamming(strftime({a}, '%m%d'), strftime({b}, '%m%d')) = 1"),
            ),
            Level("within a month", _dates(f"abs({{a}} - {{b}}) <= {NEAR_DAYS}")),
            Level("wrong by years", _dates(day_and_month)),
            Level("too near for another birth", f"abs(birth_date_l - birth_date_r) <= {NO_SECOND_BIRTH_DAYS}"),
        ),
    )


def _child_name() -> Comparison:
    name, given = "child_name_std", "child_given_name"
    same_surname = f"substr({name}_l, 1, 1) = substr({name}_r, 1, 1)"
    two_given = f"length({given}_l) = 2 AND length({given}_r) = 2"
    return Comparison(
        "child_name",
        either_null(name),
        (
            Level("the same", f"{name}_l = {name}_r", term_column=name),
            Level("other characters of the same sound", "child_name_pinyin_l = child_name_pinyin_r"),
            Level("other characters of nearly the same sound", "child_name_sound_l = child_name_sound_r"),
            Level("the given name under another surname", f"{given}_l = {given}_r"),
            Level(
                "first character of the given name wrong",
                f"{same_surname} AND {two_given} AND substr({given}_l, 2, 1) = substr({given}_r, 2, 1)",
            ),
            # brothers and sisters, and twins above all, share the generation's character
            Level(
                "last character of the given name wrong",
                f"{same_surname} AND {two_given} AND substr({given}_l, 1, 1) = substr({given}_r, 1, 1)",
            ),
            Level(
                "one character missing",
                f"{same_surname} AND {one_character(name)} AND length({name}_l) <> length({name}_r)",
            ),
            Level("a placeholder of a parent whom the other record names", _called_after_a_parent()),
            Level("the surname only", same_surname),
        ),
    )


def _called_after_a_parent() -> str:
    """王芳子, where the record does not name 王芳 and so could not be told from a name."""
    return " OR ".join(
        f"coalesce(child_name_std_{side} IN ({parent}_{other} || '子', {parent}_{other} || '女'), false)"
        for side, other in (("l", "r"), ("r", "l"))
        for parent in ("mother_name_std", "father_name_std")
    )


def _child_nickname() -> Comparison:
    """A baby's pet name doubles a character of its name, mostly the last; twins share the first."""
    sides = (("l", "r"), ("r", "l"))
    nothing = " AND ".join(
        f"(child_nickname_{side} IS NULL OR coalesce(child_given_name_{other}, child_nickname_{other}) IS NULL)"
        for side, other in sides
    )

    def either(test: str) -> str:
        return " OR ".join(
            f"coalesce({test.format(nickname=f'child_nickname_{side}', given=f'child_given_name_{other}')}, false)"
            for side, other in sides
        )

    return Comparison(
        "child_nickname",
        nothing,
        (
            Level("the last character of the given name", either("right({given}, 1) = {nickname}")),
            Level("another character of the given name", either("contains({given}, {nickname})")),
            Level("the same nickname", "child_nickname_l = child_nickname_r"),
        ),
    )


def _guardian() -> Comparison:
    """A school's guardian is a parent of either side: compared with whoever the other record names."""

    def any_of(test: str) -> str:
        pairs = [
            (f"guardian_name_{kind}_{side}", f"{parent}_name_{kind}_{other}")
            for side, other in (("l", "r"), ("r", "l"))
            for parent in ("mother", "father", "guardian")
            for kind in ("{kind}",)
        ]
        return " OR ".join(test.replace("{a}", a).replace("{b}", b) for a, b in pairs)

    same = any_of("coalesce({a} = {b}, false)")
    nobody = " AND ".join(
        f"(guardian_name_std_{side} IS NULL OR "
        f"coalesce(mother_name_std_{other}, father_name_std_{other}, guardian_name_std_{other}) IS NULL)"
        for side, other in (("l", "r"), ("r", "l"))
    )
    near = " OR ".join(
        f"coalesce({one_character_between(f'guardian_name_std_{side}', f'{parent}_name_std_{other}')}, false)"
        for side, other in (("l", "r"), ("r", "l"))
        for parent in ("mother", "father", "guardian")
    )
    return Comparison(
        "guardian",
        nobody,
        (
            Level("a parent of that name", same.replace("{kind}", "std")),
            Level("a parent whose name sounds the same", same.replace("{kind}", "pinyin")),
            Level("a parent with one character wrong", near),
        ),
    )


COMPARISONS: tuple[Comparison, ...] = (
    # a register seldom holds a child twice; brothers and sisters, and twins, share it as often as chance has it
    Comparison("register", "false", (Level("another register", "feed_l <> feed_r"),)),
    _birth_date(),
    Comparison("sex", either_null("child_sex"), (Level("the same", "child_sex_l = child_sex_r"),)),
    _child_name(),
    _child_nickname(),
    Comparison("mother_name", either_null("mother_name_std"), name_levels("mother", "father")),
    Comparison("mother_id_no", either_null("mother_id_no"), number_levels("mother_id_no", ID_DIGITS)),
    Comparison("father_name", either_null("father_name_std"), name_levels("father", "mother")),
    Comparison("father_id_no", either_null("father_id_no"), number_levels("father_id_no", ID_DIGITS)),
    _guardian(),
    Comparison("child_id_no", either_null("child_id_no"), number_levels("child_id_no", ID_DIGITS)),
    Comparison("certificate_no", either_null("certificate_no"), (
        Level("the same", "certificate_no_l = certificate_no_r"),
        # certificates of one delivery are mostly issued one after the other
        Level("a neighbouring number", neighbouring("certificate_no", CERTIFICATE_DIGITS)),
        *number_levels("certificate_no", CERTIFICATE_DIGITS)[1:],
    )),
    # either parent's number may be written: another number is weak evidence
    Comparison("phone", either_null("phone"), number_levels("phone", PHONE_DIGITS)[:3]),
    Comparison("place", either_null("township_code"), (
        Level("the same village", "village_code_l = village_code_r"),
        Level("a village of the same name", "village_name_std_l = village_name_std_r"),
        Level("the same township, no village", "township_code_l = township_code_r "
             "AND (village_code_l IS NULL OR village_code_r IS NULL)"),
        Level("the same township", "township_code_l = township_code_r"),
    )),
    Comparison("birth_minute", either_null("birth_minute"), (
        Level("the same", "birth_minute_l = birth_minute_r"),
        Level("within the hour", f"abs(birth_minute_l - birth_minute_r) <= {SAME_HOUR_MINUTES}"),
    )),
    Comparison("birth_weight", either_null("birth_weight_g"), (
        Level("the same", "birth_weight_g_l = birth_weight_g_r"),
        Level("rounded or weighed again", f"abs(birth_weight_g_l - birth_weight_g_r) <= {NEAR_GRAMS}"),
    )),
    Comparison("gestation", either_null("gestation_weeks"), (
        Level("the same", "gestation_weeks_l = gestation_weeks_r"),
        Level("one week apart", "abs(gestation_weeks_l - gestation_weeks_r) = 1"),
    )),
    Comparison("birth_rank", either_null("birth_rank"), (Level("the same", "birth_rank_l = birth_rank_r"),)),
    Comparison("plurality", either_null("plurality"), (
        Level("of one multiple delivery", "plurality_l = plurality_r AND plurality_l > 1"),
        Level("the same", "plurality_l = plurality_r"),
    )),
)  # fmt: skip


def definitions_digest() -> str:
    """A hash of the comparisons: a model holds for the comparisons it was trained on, and no others."""
    content = [
        [comparison.name, comparison.missing, [[r.label, r.condition] for r in comparison.levels]]
        for comparison in COMPARISONS
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def splink_comparison(comparison: Comparison, worth: dict[str, dict[str, float]] | None = None) -> dict[str, Any]:
    """A comparison as Splink's dictionary of a comparison.

    Args:
        worth: by label, `m` and `u`; None leaves them for training.
    """
    said: list[dict[str, Any]] = [
        {"sql_condition": comparison.missing, "label_for_charts": "nothing to compare", "is_null_level": True}
    ]
    for label in comparison.labels:
        level = next((r for r in comparison.levels if r.label == label), None)
        one: dict[str, Any] = {"sql_condition": level.condition if level else "ELSE", "label_for_charts": label}
        if worth is not None:
            one |= {"m_probability": worth[label]["m"], "u_probability": worth[label]["u"]}
        if level and level.term_column:
            one |= {"tf_adjustment_column": level.term_column}
        said.append(one)
    return {"output_column_name": comparison.name, "comparison_levels": said}
