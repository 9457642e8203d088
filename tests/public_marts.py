"""The marts that public tables are made from, with counts drawn by chance, for tests of what leaves the office."""

from __future__ import annotations

import itertools

from pipeline.accountability.vocabulary import Measure
from pipeline.contracts import load_feeds

TOWNSHIPS = ("999977100", "999977101")
COUNTY = "999977"
REGISTERS = tuple(feed.feed for feed in load_feeds().values() if feed.kind == "birth")
REASONS = ("submission_missing", "registered_elsewhere", "died_or_moved", "linkage_uncertain", "likely_omitted")
# the first month of each quarter stands for it
MONTHS = ("2024-01", "2024-04", "2024-07", "2024-10")
HELD, NOT_DUE = "held", "not_yet_due"


def draw(rnd, *, few=0.1):
    """By township, month and register, how many children are held, not due, or missing for a reason.

    Args:
        few: how often a reason has few children rather than many.
    """
    found = {}
    for town, month in itertools.product(TOWNSHIPS, MONTHS):
        known = rnd.randint(100, 140)
        for register in REGISTERS:
            is_few = rnd.random() < few
            missing = {reason: rnd.randint(0, 1) if is_few else rnd.randint(7, 20) for reason in REASONS}
            # nobody has died or moved, as in life so far; and one register knows of nobody born elsewhere
            missing |= {"died_or_moved": 0} | ({"registered_elsewhere": 0} if register == REGISTERS[0] else {})
            if rnd.random() < 3 * few:
                missing["linkage_uncertain"] = 0
            found |= {(town, month, register, reason): number for reason, number in missing.items()}
            found[town, month, register, NOT_DUE] = rnd.choice([0, 0, 6])
            found[town, month, register, HELD] = known - sum(missing.values()) - found[town, month, register, NOT_DUE]
    return found


def later(rnd, counts):
    """The same a month later: some omitted children were registered, some new ones are known."""
    found = dict(counts)
    for town, month, register in sorted({at[:3] for at in counts}):
        moved = rnd.choice([0, 0, 0, min(found[town, month, register, "likely_omitted"], rnd.randint(1, 6))])
        found[town, month, register, "likely_omitted"] -= moved
        found[town, month, register, HELD] += moved
    for town, month in itertools.product(TOWNSHIPS, MONTHS):
        new = rnd.choice([0, 0, 0, 1, 6])
        for register in REGISTERS:
            found[town, month, register, HELD] += new
    return found


def make_marts(con, counts, *, critical=(), as_of="2025-01-31"):
    """Make the marts anew; `critical`: units and periods whose grade is critical."""
    con.execute("DROP SCHEMA IF EXISTS marts CASCADE")
    con.execute("CREATE SCHEMA marts")
    con.execute(
        f"CREATE TABLE marts.runs AS SELECT 1 AS night_no, 'N0001-00000000' AS run_id, DATE '{as_of}' AS as_of, "
        "1234 AS records_new, 0 AS records_changed, 'm0123' AS model_version, 'N0001-00000000' AS release"
    )
    con.execute(
        "CREATE TABLE marts.register_coverage (birth_month VARCHAR, township_code VARCHAR, register VARCHAR, "
        "children_known INTEGER, children_due INTEGER, children_held INTEGER)"
    )
    con.execute(
        "CREATE TABLE marts.gap_summary (birth_month VARCHAR, township_code VARCHAR, register VARCHAR, reason VARCHAR, "
        "children INTEGER)"
    )
    for town, month, register in sorted({at[:3] for at in counts}):
        fates = {fate: counts[town, month, register, fate] for fate in (HELD, NOT_DUE, *REASONS)}
        known = sum(fates.values())
        numbers = [known, known - fates[NOT_DUE], fates[HELD]]
        con.execute("INSERT INTO marts.register_coverage VALUES (?, ?, ?, ?, ?, ?)", [month, town, register, *numbers])
        gaps = [[month, town, register, fate, number] for fate, number in fates.items() if number and fate != HELD]
        if gaps:
            con.executemany("INSERT INTO marts.gap_summary VALUES (?, ?, ?, ?, ?)", gaps)
    # children elsewhere are in no public table
    con.execute("INSERT INTO marts.register_coverage VALUES ('2024-01', NULL, 'delivery', 2, 2, 1)")
    con.execute(
        "CREATE TABLE marts.submissions AS SELECT * FROM (VALUES "
        "('clinic-100', '东河镇卫生院', 'delivery', '2024-01', 'on_time', DATE '2024-02-05', 40, 3), "
        "('clinic-100', '东河镇卫生院', 'delivery', '2024-11', 'nil_late', DATE '2024-12-05', 0, 0), "
        "('police-100', '东河镇派出所', 'household_registration', '2024-12', 'missing', DATE '2025-01-06', NULL, NULL)"
        ") "
        "AS s(unit_code, unit_name, feed, period, status, due_on, row_count, set_aside_count)"
    )
    con.execute(
        "CREATE TABLE marts.unit_scorecards "
        "(unit_code VARCHAR, feed VARCHAR, period VARCHAR, grade VARCHAR, is_critical BOOLEAN)"
    )
    for name in (
        "timeliness",
        "item_completeness",
        "validity",
        "uniqueness",
        "consistency",
        "corroboration",
        "coverage",
    ):
        con.execute(f"ALTER TABLE marts.unit_scorecards ADD COLUMN {name}_verdict VARCHAR DEFAULT 'in_control'")
    con.execute("ALTER TABLE marts.unit_scorecards ADD COLUMN date_heaping_verdict VARCHAR DEFAULT 'too_few'")
    for measure in Measure:
        con.execute(f"ALTER TABLE marts.unit_scorecards ADD COLUMN {measure}_numerator BIGINT DEFAULT 97")
        con.execute(f"ALTER TABLE marts.unit_scorecards ADD COLUMN {measure}_denominator BIGINT DEFAULT 100")
    for unit, period in [("police-100", "2024-12"), ("clinic-100", "2024-12"), *critical]:
        con.execute(
            "INSERT INTO marts.unit_scorecards (unit_code, feed, period, grade, is_critical) "
            "VALUES (?, 'delivery', ?, 'B', ?)",
            [unit, period, (unit, period) in critical],
        )
