"""One night on which everything goes wrong that can: each file gets its receipt, and the good ones are published."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.warehouse import open_warehouse
from tests.conftest import write_reference_files
from tests.landing import csv_bytes, everything_kept, headers, land, record, records, xlsx_bytes

AS_OF = dt.date(2024, 3, 31)
PERMIT, REMARK = "ZS20240117X", "计划外第二"
CHILD_ID_WRONG = "999977202401071230"


def numbered(feed: str, count: int, prefix: str) -> list[list[str]]:
    """Records of one feed with numbers of their own."""
    key = load_feeds()[feed].record_no
    return [record(feed, **{key: f"{prefix}{number:04d}"}) for number in range(count)]


@pytest.fixture(scope="module")
def bad_night(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home after a night of one good file and every kind of bad one."""
    root = tmp_path_factory.mktemp("bad") / "county"
    write_reference_files(root)
    home = Home(root)
    home.make_folders()
    head, good = headers("delivery"), records("delivery", 20)
    register = headers("household_registration")

    def put(unit: str, name: str, data: bytes, arrived: str = "2024-02-03 09:30") -> None:
        land(home, unit, name, data, arrived)

    put("clinic-100", "delivery_202401.csv", csv_bytes([head, *good]))
    put("clinic-100", "delivery_202401_again.csv", csv_bytes([head, *good]), "2024-02-04 09:30")
    put("clinic-100", "delivery_202401_half.csv", csv_bytes([head, *good[:10]]), "2024-02-05 09:30")
    put("clinic-100", "delivery_202402.xlsx", b"%PDF-1.7\n1 0 obj")
    put("clinic-100", "birth_certificate_202401.csv", csv_bytes([head, *good], "gb18030")[:-3])
    put("clinic-100", "delivery_202312.csv", csv_bytes([head[1:], *(row[1:] for row in good)]))
    put("clinic-100", "immunization_202401.xlsx", xlsx_bytes({"甲": [head, *good], "乙": [head, *good]}))
    put("clinic-100", "delivery_202812.csv", csv_bytes([head, *good]))
    put("clinic-100", "household_registration_202401.csv", csv_bytes([register, record("household_registration")]))
    wide = [[*head, *(f"未知{n}" for n in range(200))], *([*row, *["x"] * 200] for row in numbered("delivery", 3, "W"))]
    put("clinic-100", "delivery_202311.csv", csv_bytes(wide))
    long_row = [*record("delivery", delivery_no="L0001"), "多", "出"]
    put("clinic-100", "delivery_202310.csv", csv_bytes([head, *numbered("delivery", 2, "K"), long_row]))
    put(
        "clinic-100",
        "delivery_202309.csv",
        csv_bytes([head, record("delivery", delivery_no="Q1", delivered_at="2031-01-01 08:00")]),
    )
    row = record("household_registration", child_id_no=CHILD_ID_WRONG)
    put("police-100", "household_registration_202401.csv",
        csv_bytes([[*register, "准生证号", "孩次", "备注"], [*row, PERMIT, "七七八八", REMARK]]))  # fmt: skip

    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "run", "--home", str(root), "--as-of", AS_OF.isoformat()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (root / "state" / "said.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return home


def state_of(home: Home, unit: str, name: str) -> tuple[str, str | None]:
    with open_warehouse(home, read_only=True) as con:
        ((outcome, state, reason),) = con.execute(
            "SELECT outcome, s.state, coalesce(s.reason_code, r.reason_code) FROM intake.receipts AS r "
            "LEFT JOIN checks.submission_states AS s ON s.revision_id = r.receipt_no "
            "WHERE r.unit_code = ? AND r.file_name = ?",
            [unit, name],
        ).fetchall()
    return state or outcome, reason


@pytest.mark.parametrize(
    ("unit", "name", "state", "reason"),
    [
        ("clinic-100", "delivery_202401.csv", "accepted", None),
        ("clinic-100", "delivery_202401_again.csv", "duplicate", None),
        ("clinic-100", "delivery_202401_half.csv", "held", None),
        ("clinic-100", "delivery_202402.xlsx", "rejected", "not_xlsx"),
        ("clinic-100", "birth_certificate_202401.csv", "rejected", "encoding_broken"),
        ("clinic-100", "delivery_202312.csv", "rejected", "columns_absent"),
        ("clinic-100", "immunization_202401.xlsx", "rejected", None),
        ("clinic-100", "delivery_202812.csv", "rejected", "period_in_future"),
        ("clinic-100", "household_registration_202401.csv", "not_parsed", "feed_not_held"),
        ("clinic-100", "delivery_202311.csv", "accepted", None),
        ("clinic-100", "delivery_202310.csv", "accepted_with_rows_set_aside", None),
        ("clinic-100", "delivery_202309.csv", "accepted", None),
        ("police-100", "household_registration_202401.csv", "accepted", None),
    ],
)
def test_every_file_has_its_state_and_a_receipt_that_a_clerk_understands(bad_night, unit, name, state, reason):
    have, why = state_of(bad_night, unit, name)
    assert have == state
    if reason:
        assert why == reason
    (page,) = (bad_night.outgoing / unit / "receipts").glob(f"*_{name}.html")
    text = re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8"))
    assert re.search(r"[\u4e00-\u9fff]{4}", text)
    assert name in text
    if state in ("rejected", "held", "not_parsed"):
        assert "请您处理" in text


def test_refused_values_are_nowhere(bad_night):
    with open_warehouse(bad_night, read_only=True) as con:
        kept = everything_kept(bad_night, con)
    assert "准生证号" in kept
    for value in (PERMIT, "七七八八", REMARK, "计划外"):
        assert value not in kept


def test_implausible_values_stay_in_and_count_against_validity(bad_night):
    with open_warehouse(bad_night, read_only=True) as con:
        found = con.execute("SELECT code, column_name FROM checks.row_findings ORDER BY ALL").fetchall()
        birth = con.execute(
            "SELECT birth_date FROM intermediate.int_records_standardised WHERE record_no = 'Q1'"
        ).fetchall()
        ids = con.execute(
            "SELECT child_id_no_is_valid FROM intermediate.int_records_standardised "
            "WHERE feed = 'household_registration'"
        ).fetchall()
    assert {"child_id_no", "delivered_at"} <= {column for _, column in found}
    assert birth == [(None,)]
    assert ids == [(False,)]


def test_the_rest_of_the_night_went_on(bad_night):
    with duckdb.connect(str(bad_night.current_marts), read_only=True) as con:
        statuses = dict(
            con.execute(
                "SELECT period, status FROM marts.submissions WHERE feed = 'delivery' ORDER BY period"
            ).fetchall()
        )
        records = con.execute("SELECT sum(record_count) FROM marts.children").fetchall()[0][0]
    assert statuses["2024-01"] == "on_time"
    assert statuses["2024-02"] == "rejected"
    # the held half takes nothing away: all twenty deliveries are there
    assert records >= 20


@pytest.mark.long
def test_a_confirmed_revision_counts_from_the_next_night(bad_night):
    def rollcall(*words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "pipeline.cli", *words, "--home", str(bad_night.root)],
            capture_output=True,
            text=True,
            check=False,
        )

    with duckdb.connect(str(bad_night.current_marts), read_only=True) as con:
        before = con.execute("SELECT sum(record_count) FROM marts.children").fetchall()[0][0]
    confirmed = rollcall("submissions", "confirm", "clinic-100", "delivery", "2024-01")
    assert confirmed.returncode == 0, confirmed.stderr
    again = rollcall("run", "--as-of", AS_OF.isoformat())
    assert again.returncode == 0, again.stderr
    assert state_of(bad_night, "clinic-100", "delivery_202401_half.csv")[0] == "accepted"
    with duckdb.connect(str(bad_night.current_marts), read_only=True) as con:
        after = con.execute("SELECT sum(record_count) FROM marts.children").fetchall()[0][0]
    assert after == before - 10


def test_pages_lie_where_only_the_office_reads_them(bad_night):
    pages = list(Path(bad_night.casework).rglob("*.html"))
    assert len(pages) >= 13
    assert all(path.stat().st_mode & 0o077 == 0 for path in pages)
