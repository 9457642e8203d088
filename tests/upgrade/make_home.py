"""The home of a synthetic county as this version of the program leaves it, kept for the tests of later versions.

Run once for each version that is released, and commit what it writes: `python -m tests.upgrade.make_home`. It writes
`tests/upgrade/<version>/`: `home.tar.xz`, a backup of the home after its first night with the secret that belongs to
it, one submission waiting in `landing/`; and `children.csv`, the child of each record. Never make the folder of an
earlier version again: what counts is that the earlier program wrote it. No real person is in it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
import tarfile
import tempfile
from pathlib import Path

from pipeline import __version__
from pipeline.home import Home
from pipeline.orchestration.runs.backup import back_up
from pipeline.orchestration.runs.night import run_night
from pipeline.synthetic import load_plan, make_county
from pipeline.warehouse import open_warehouse

HERE = Path(__file__).parent
COUNTY = {
    "births": 40, "months": 5, "townships": 2, "villages": 4, "hospitals": 1, "seed": 7, "first_period": "2024-01",
}  # fmt: skip
FIRST_NIGHT, NEXT_NIGHT = dt.date(2024, 5, 15), dt.date(2024, 6, 30)
COLUMNS = ("feed", "unit_code", "period", "record_no", "child_id")
# bytes of a version's folder, at most
MOST_BYTES = 1_500_000


def children(home: Home) -> list[tuple[str, ...]]:
    """The child of each record, in the order of records."""
    with open_warehouse(home, read_only=True) as con:
        return con.execute(f"SELECT {', '.join(COLUMNS)} FROM linkage.child_records ORDER BY ALL").fetchall()


def one_waits(home: Home) -> Path:
    """Of what units sent after the first night, leave one file of deliveries, which the next night will see."""
    seen_until, seen_next = (home.end_of_day(day).timestamp() for day in (FIRST_NIGHT, NEXT_NIGHT))
    waiting = sorted(path for path in home.landing.rglob("*") if path.is_file() and path.stat().st_mtime >= seen_until)
    kept = max(
        (path for path in waiting if path.name.startswith("delivery_2024") and path.stat().st_mtime < seen_next),
        key=lambda path: path.stat().st_size,
    )
    for path in waiting:
        if path != kept:
            path.unlink()
    return kept


def make(target: Path) -> Path:
    """Write a version's folder."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "county")
        make_county(home.root, load_plan("demo", **COUNTY))
        one_waits(home)
        run_night(home, FIRST_NIGHT)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        backup = back_up(home, Path(folder) / "backup").folder
        with tarfile.open(target / "home.tar.xz", "w:xz", preset=9) as archive:
            archive.add(backup, "backup", filter=_of_nobody)
            archive.add(home.secret_file, "pseudonym.secret", filter=_of_nobody)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([COLUMNS, *children(home)])
        (target / "children.csv").write_text(text.getvalue(), encoding="utf-8")
    size = sum(path.stat().st_size for path in target.iterdir())
    if size > MOST_BYTES:
        raise SystemExit(f"{target} has {size:,} bytes, more than {MOST_BYTES:,}: make the county smaller.")
    return target


def _of_nobody(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


if __name__ == "__main__":
    print(make(HERE / __version__))
