"""Exports: the published tables as files, equal to their source, described, and there whole or not at all."""

import datetime as dt
import json
import random

import duckdb
import openpyxl
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import RollcallError, UsageError
from pipeline.publish import complete_night, make_release
from pipeline.publish.approval.approve import approve
from pipeline.publish.approval.prepared import prepare
from pipeline.publish.export import formats
from pipeline.publish.export.write import export
from pipeline.publish.release.marts_spec import load_marts
from pipeline.warehouse import open_warehouse
from tests import public_marts
from tests.exports import check_package
from tests.marts import make_night

FORMATS = ("parquet", "csv", "xlsx")
# what a spreadsheet would run, and what would break a CSV
ODD_NAME = '=HYPERLINK("https://example.org"),\n"卫生院"'


@pytest.fixture
def released(home):
    with open_warehouse(home) as con:
        night = make_night(con, home)
        con.execute("UPDATE marts.submissions SET unit_name = ?", [ODD_NAME])
        con.execute(
            "UPDATE marts.submissions SET received_at = TIMESTAMPTZ '2025-04-02 08:30:15.25+08' WHERE feed = 'delivery'"
        )
        release = make_release(con, home, night)
        complete_night(con, home, release.night)
    return home


def source(home, sql):
    with duckdb.connect(str(home.current_marts), read_only=True) as con:
        con.execute("SET TimeZone = 'UTC'")
        return con.execute(sql).fetchall()


@pytest.mark.parametrize("format_name", ["parquet", "csv"])
def test_every_table_equals_its_source(released, tmp_path, format_name):
    done = export(released, format_name, tmp_path / "out")
    assert done.tables == len(load_marts())
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{released.current_marts}' AS source (READ_ONLY)")
        con.execute("SET TimeZone = 'UTC'")
        for name in load_marts():
            path = tmp_path / "out" / f"{name}.{format_name}"
            if format_name == "parquet":
                kinds = con.execute(f"SELECT column_name, column_type FROM (DESCRIBE source.marts.{name})").fetchall()
                assert con.execute(f"SELECT column_name, column_type FROM (DESCRIBE FROM '{path}')").fetchall() == kinds
                read = f"FROM '{path}'"
            else:
                kinds = dict(
                    con.execute(f"SELECT column_name, column_type FROM (DESCRIBE source.marts.{name})").fetchall()
                )
                read = f"FROM read_csv('{path}', columns = {kinds!r}, header = true, auto_detect = false, quote = '\"')"
            assert con.execute(read).fetchall() == con.execute(f"FROM source.marts.{name}").fetchall()


def test_a_workbook_holds_texts_as_texts(released, tmp_path):
    export(released, "xlsx", tmp_path / "out")
    for name, mart in load_marts().items():
        book = openpyxl.load_workbook(tmp_path / "out" / f"{name}.xlsx")
        head, *rows = [[cell.value for cell in row] for row in book.active.iter_rows()]
        assert head == [column.name for column in mart.columns]
        wanted = source(released, f"FROM marts.{name}")
        assert [[_plain(value) for value in row] for row in rows] == [
            [_plain(value) for value in row] for row in wanted
        ]
        assert not any(cell.data_type == "f" for row in book.active.iter_rows() for cell in row)
        assert not any(cell.hyperlink for row in book.active.iter_rows() for cell in row)


def _plain(value):
    """A value as a sheet has it: a day has a time of nothing, an instant is text."""
    if hasattr(value, "tzinfo") and value.tzinfo:
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.isoformat()[:10] if hasattr(value, "isoformat") else value


@pytest.mark.parametrize("format_name", FORMATS)
def test_the_package_describes_every_column(released, tmp_path, format_name):
    done = export(released, format_name, tmp_path / "out")
    package = check_package(tmp_path / "out")
    assert package["version"] == done.version
    resources = {one["name"]: one for one in package["resources"]}
    assert set(resources) == set(load_marts())
    for name, mart in load_marts().items():
        fields = resources[name]["schema"]["fields"]
        assert [(one["name"], one["description"]) for one in fields] == [(c.name, c.description) for c in mart.columns]
        assert resources[name]["description"] == mart.description
    children = resources["children"]["schema"]
    assert children["primaryKey"] == ["child_key"]
    # a key with blanks in it is a key of the release, and none of a data package
    assert "primaryKey" not in resources["gap_summary"]["schema"]
    status = next(one for one in resources["submissions"]["schema"]["fields"] if one["name"] == "status")
    assert "on_time" in status["constraints"]["enum"]
    kinds = {one["name"]: one["type"] for one in resources["submissions"]["schema"]["fields"]}
    assert (kinds["due_on"], kinds["received_at"], kinds["row_count"]) == ("date", "datetime", "integer")


@pytest.mark.parametrize("format_name", FORMATS)
def test_the_same_release_gives_the_same_bytes(released, tmp_path, format_name):
    packages = []
    for name in ("one", "two"):
        export(released, format_name, tmp_path / name)
        packages.append((tmp_path / name / "datapackage.json").read_bytes())
    assert packages[0] == packages[1]


def test_another_format_takes_the_place_of_an_export_whole(released, tmp_path):
    out = tmp_path / "out"
    export(released, "csv", out)
    export(released, "parquet", out)
    assert not list(out.glob("*.csv"))
    assert out.stat().st_mode & 0o777 == 0o750
    assert (out / "children.parquet").stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out"]


def test_an_export_that_fails_leaves_the_earlier_one(released, tmp_path, monkeypatch):
    out = tmp_path / "out"
    export(released, "csv", out)
    before = (out / "datapackage.json").read_bytes()

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(formats.FORMATS, "csv", formats.Format("csv", "text/csv", full))
    with pytest.raises(RollcallError, match=r"无法写入.*No space left") as told:
        export(released, "csv", out)
    assert told.value.exit_status == 1
    assert (out / "datapackage.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out"]


def test_a_table_over_the_rows_of_a_sheet_is_refused_and_csv_is_named(released, tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "SHEET_ROWS", 3)
    with pytest.raises(UsageError, match=r"请改用 csv.*children has 3 rows; a sheet holds 2. Take csv: --format csv"):
        export(released, "xlsx", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    export(released, "csv", tmp_path / "out")


def test_a_text_that_no_cell_holds_is_refused(released, tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "CELL_CHARS", 5)
    with pytest.raises(UsageError, match="more than 5 characters"):
        export(released, "xlsx", tmp_path / "out")


def test_where_nothing_was_published_it_says_so(home, tmp_path):
    for is_public, words in ((False, "尚无发布版本.*Nothing was published"), (True, "Nothing was approved")):
        with pytest.raises(UsageError, match=words):
            export(home, "csv", tmp_path / "out", is_public=is_public)
    assert not (tmp_path / "out").exists()


def test_a_file_or_somebody_s_folder_is_left_alone(released, tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    # a package of somebody else's, and a file that was laid beside an export
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "datapackage.json").write_text('{"name": "theirs", "resources": []}')
    export(released, "csv", tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    for name, words in (("file", "is a file"), ("mine", "notes.txt"), ("other", "datapackage"), ("out", "notes.txt")):
        with pytest.raises(UsageError, match=words):
            export(released, "csv", tmp_path / name)
    assert (tmp_path / "mine" / "notes.txt").read_text() == (tmp_path / "out" / "notes.txt").read_text() == "mine"
    for folder in (released.archive / "out", released.public, released.root, released.root.parent):
        with pytest.raises(UsageError, match="is a folder of the home itself"):
            export(released, "csv", folder)


def test_a_damaged_release_is_told_in_a_sentence(released, tmp_path):
    # in place: the current file and the release's own are one
    released.current_marts.write_bytes(b"no database" * 400)
    with pytest.raises(RollcallError, match=r"无法读取.*cannot be read"):
        export(released, "csv", tmp_path / "out")


@pytest.fixture
def approved(home):
    with duckdb.connect(":memory:") as con:
        counts = public_marts.draw(random.Random(1))
        for period, today in (("2024-12", dt.date(2025, 2, 3)), ("2025-01", dt.date(2025, 3, 3))):
            public_marts.make_marts(con, counts, as_of=today.isoformat())
            prepare(con, home, period)
            approve(con, home, period, "李主任", today)
            counts = public_marts.later(random.Random(2), counts)
    return home


def test_public_tables_are_what_was_approved(approved, tmp_path):
    export(approved, "parquet", tmp_path / "out", is_public=True)
    package = check_package(tmp_path / "out")
    names = {path.stem for path in approved.public.glob("*/tables/*.json")}
    assert {one["name"] for one in package["resources"]} == names >= {"register_coverage", "submissions", "names"}
    with duckdb.connect() as con:
        for name in names - {"names"}:
            wanted = [
                {"bulletin": path.parts[-3], **row}
                for path in sorted(approved.public.glob(f"*/tables/{name}.json"))
                for row in json.loads(path.read_text(encoding="utf-8"))["rows"]
            ]
            found = con.execute(f"FROM '{tmp_path / 'out' / name}.parquet'")
            columns = [column[0] for column in found.description]
            rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
            assert rows == [{column: row.get(column) for column in columns} for row in wanted]
            assert rows
    suppressed = duckdb.sql(
        f"SELECT count(*) FILTER (children_held IS NULL) FROM '{tmp_path / 'out'}/register_coverage.parquet'"
    ).fetchall()[0][0]
    assert suppressed


def test_a_public_table_that_was_changed_is_not_exported(approved, tmp_path):
    path = approved.public / "2024-12" / "tables" / "submissions.json"
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    with pytest.raises(RollcallError, match=r"与核准时不同.*not what was approved"):
        export(approved, "csv", tmp_path / "out", is_public=True)
    assert not (tmp_path / "out").exists()


def test_the_command(released, tmp_path):
    words = ["export", "--home", str(released.root), "--format", "csv", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert str(tmp_path / "out") in done.output
    done = CliRunner().invoke(app, [*words[:4], "odt", *words[5:]])
    assert done.exit_code == 2
    assert "parquet, csv, xlsx" in done.output
