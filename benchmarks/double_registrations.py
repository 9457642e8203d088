"""How many double registrations are found, and how many of those found are none, on counties whose truth is known.

    python -m benchmarks.double_registrations

Into the household registers of synthetic counties some children are entered a second time, under a second number, by
the station that has them: the rates below are assumptions, as no count of such cases is published. A third have the
same date of birth, a third one up to a month off (a slip), a third one to three years off (an altered age). And some
families give two children born two years apart one name: the trap.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from pipeline.contracts import load_feeds
from pipeline.contracts.dates import read_date
from pipeline.contracts.id_numbers import check_character
from pipeline.home import Home
from pipeline.intake.reading.csv_files import decode
from pipeline.synthetic import load_plan, make_county

FEED = load_feeds()["household_registration"]
PLAIN = {
    "xlsx_unit_share": 0.0, "header_styles": {"zh": 1.0, "alias": 0.0, "en": 0.0, "mixed": 0.0},
    "title_row_share": 0.0,
    "footer_share": 0.0, "blank_lines_share": 0.0, "reordered_share": 0.0, "extra_columns_share": 0.0,
}  # fmt: skip
# shares of the registrations, by assumption
DOUBLED, NAMESAKES = 0.03, 0.005
SEEDS = (1, 2, 3)
Pair = tuple[str, str]


def second_entries(home: Home, rnd: random.Random) -> tuple[set[Pair], set[Pair]]:
    """Enter children again in the files as they lie; pairs of record numbers that are doubles, and namesakes."""
    column = {name: contract.zh for name, contract in FEED.columns.items()}
    doubles, namesakes, number = set(), set(), 0
    for path in sorted(home.landing.glob(f"*/{FEED.feed}_*.csv")):
        times = path.stat()
        text, encoding = decode(path.read_bytes())
        rows = list(csv.reader(text.removeprefix("\ufeff").splitlines()))
        place = {header: at for at, header in enumerate(rows[0])}
        if not all(column[name] in place for name in ("child_id_no", "child_name", "mother_id_no", "birth_date")):
            continue
        added = []
        for row in rows[1:]:
            born = read_date(row[place[column["birth_date"]]])
            is_told = born and row[place[column["mother_id_no"]]] and row[place[column["child_name"]]]
            drawn = rnd.random()
            if not is_told or drawn >= DOUBLED + NAMESAKES or len(row) != len(rows[0]):
                continue
            assert born is not None
            number += 1
            if drawn < DOUBLED:
                shift = rnd.choice((0, rnd.randint(1, 30), rnd.randint(365, 1090)))
            else:
                shift = rnd.randint(640, 800)
            day, again = born.day - dt.timedelta(days=shift), list(row)
            again[place[column[FEED.record_no]]] = f"X{home.root.name}{number:05d}"
            again[place[column["birth_date"]]] = day.isoformat()
            body = f"999911{day:%Y%m%d}{rnd.randint(800, 999):03d}"
            again[place[column["child_id_no"]]] = body + check_character(body)
            if "certificate_no" in column and column["certificate_no"] in place:
                again[place[column["certificate_no"]]] = ""
            (doubles if drawn < DOUBLED else namesakes).add(
                (row[place[column[FEED.record_no]]], again[place[column[FEED.record_no]]])
            )
            added.append(again)
        if added:
            with path.open("w", encoding=encoding, newline="") as file:
                csv.writer(file, lineterminator="\r\n").writerows([*rows, *added])
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return doubles, namesakes


def found_in(home: Home) -> dict[Pair, bool]:
    """Pairs of record numbers that were found, each with whether siblings could be meant."""
    with duckdb.connect(str(home.warehouse_file), read_only=True) as con:
        rows = con.execute(
            """
            SELECT l.record_no, r.record_no, NOT d.is_one_delivery
            FROM intermediate.int_possible_double_registrations AS d
            JOIN intermediate.int_records_standardised AS l ON d.record_key_l = l.record_key
            JOIN intermediate.int_records_standardised AS r ON d.record_key_r = r.record_key
            WHERE d.feed = ?
            """,
            [FEED.feed],
        ).fetchall()
    return {(min(one, other), max(one, other)): may for one, other, may in rows}


def main() -> None:
    """Print a line a county, and the pooled figures."""
    total = [0, 0, 0, 0, 0]
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            home = Home(Path(folder) / "county")
            made = make_county(home.root, load_plan("usual", births=1500, townships=6, seed=seed, **PLAIN))
            doubles, namesakes = second_entries(home, random.Random(seed))
            command = [sys.executable, "-m", "pipeline.cli", "run", "--home", str(home.root), "--as-of", made.as_of]
            subprocess.run(command, check=True, capture_output=True)
            found = found_in(home)
            true = {(min(pair), max(pair)) for pair in doubles}
            trap = {(min(pair), max(pair)) for pair in namesakes}
            hit = len(true & found.keys())
            counts = [len(true), hit, len(found.keys() - true - trap), len(trap & found.keys()),
                      sum(found[pair] for pair in true & found.keys())]  # fmt: skip
            total = [one + other for one, other in zip(total, counts, strict=True)]
            said = f"{counts[2]} others found, {counts[3]} of {len(trap)} namesakes asked about"
            print(f"seed {seed}: {counts[0]} doubles, {hit} found, {said}", flush=True)
    doubles_, hit, others, trapped, _ = total
    print(f"pooled: recall {hit / doubles_:.3f}, precision {hit / (hit + others + trapped):.3f} "
          f"({hit / (hit + others):.3f} without namesakes)")  # fmt: skip


if __name__ == "__main__":
    main()
