"""Settings and reference files: what is wrong is said with file, line and remedy."""

import datetime as dt
import os
import subprocess
import sys

import pytest

from pipeline.errors import LockedError, ReferenceFileError, RollcallError, UsageError
from pipeline.home import Home
from pipeline.reference import load_reference, write_reference
from pipeline.settings.county import read_county_yaml
from pipeline.warehouse import migrations, night_lock, open_warehouse, schema_version


def test_defaults_fill_what_the_county_does_not_say(home):
    assert home.settings.suppression_limit == 5
    assert home.settings.original_days == 30
    assert home.settings.languages == ("zh", "en")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("county_code: '999977'\nname: 甲\ncolour: red\n", 3, "colour"),
        ("county_code: '99'\nname: 甲\n", 1, "county_code"),
        ("county_code: '999977'\nname: 甲\nintake:\n  max_rows: many\n", 4, "intake.max_rows"),
        ("county_code: '999977'\nname: 甲\ntimezone: Mars/Base\n", 3, "timezone"),
        ("county_code: [\n", 2, "YAML"),
    ],
)
def test_a_wrong_county_yaml_names_its_line(tmp_path, text, line, says):
    path = tmp_path / "county.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReferenceFileError) as caught:
        read_county_yaml(path)
    assert f"line {line}" in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("units.csv", "clinic-100,health", "clinic-100,police", "line 2: feed delivery belongs to health"),
        (
            "units.csv",
            "police-100,police,东河镇派出所,999977100",
            "police-100,police,东河镇派出所,999977999",
            "line 3",
        ),
        ("units.csv", "household_registration", "household", "line 3: feed 'household' has no contract"),
        ("units.csv", "2015-01-01,\npolice", "2015/1/1,\npolice", "line 2: active_from"),
        ("units.csv", "police-100", "clinic-100", "line 3: unit_code clinic-100 stands there twice"),
        ("units.csv", "unit_code,", "code,", "line 1: column unit_code is absent"),
        (
            "divisions.csv",
            "999977100,东河镇,township,999977",
            "999977100,东河镇,district,999977",
            "line 3: level",
        ),
        (
            "divisions.csv",
            "999977101200,上村,village,999977101",
            "9999771012,上村,village,999977101",
            "line 7",
        ),
        (
            "divisions.csv",
            "999977101200,上村,village,999977101",
            "999977101200,上村,village,999977109",
            "line 7: parent_code",
        ),
        ("divisions.csv", "999977,试验县,county,999900\n", "", "line 2: parent_code"),
    ],
)
def test_a_wrong_reference_file_names_its_line(home, file, old, new, says):
    path = home.reference / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ReferenceFileError) as caught:
        load_reference(home)
    assert says in str(caught.value)
    assert file in str(caught.value)
    assert caught.value.remedy


def test_former_names_are_read_and_may_be_no_present_name(home):
    path = home.reference / "divisions.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    named = [f"{line},{'东江乡； 河东镇' if ',东河镇,' in line else ''}" for line in lines[1:]]
    path.write_text("\n".join([f"{lines[0]},former_names", *named]) + "\n", encoding="utf-8")
    divisions = load_reference(home).divisions
    assert divisions["999977100"].former_names == ("东江乡", "河东镇")
    assert divisions["999977101"].former_names == ()
    other = divisions["999977101"].name
    path.write_text(path.read_text(encoding="utf-8").replace("河东镇", other), encoding="utf-8")
    with pytest.raises(ReferenceFileError, match=f"former name {other} is a present name") as caught:
        load_reference(home)
    assert "former_names" in caught.value.remedy


def test_holidays_override_and_are_validated(home):
    (home.reference / "holidays.csv").write_text("date,is_working\n2025-02-05,0\n", encoding="utf-8")
    assert load_reference(home).holidays == {dt.date(2025, 2, 5): False}
    (home.reference / "holidays.csv").write_text("date,is_working\n2025-02-05,no\n", encoding="utf-8")
    with pytest.raises(ReferenceFileError, match="line 2"):
        load_reference(home)


def test_village_names_may_repeat_across_townships(home):
    villages = [d for d in load_reference(home).divisions.values() if d.name == "上村"]
    assert len(villages) == 2


def test_a_folder_without_reference_is_no_home(tmp_path):
    with pytest.raises(UsageError, match="reference"):
        Home(tmp_path).make_folders()


def test_the_environment_names_the_home_and_an_argument_overrules_it(tmp_path, monkeypatch):
    monkeypatch.setenv("ROLLCALL_HOME", str(tmp_path / "a"))
    assert Home().root == tmp_path / "a"
    assert Home(tmp_path / "b").root == tmp_path / "b"


def test_the_warehouse_migrates_itself_and_refuses_a_newer_one(home):
    with open_warehouse(home) as con:
        write_reference(con, load_reference(home))
        assert schema_version(con) == migrations()[-1][0]
    with open_warehouse(home) as con:
        assert con.execute("SELECT count(*) FROM reference.units").fetchall() == [(5,)]
        con.execute("INSERT INTO main.schema_versions VALUES (9999, 'later')")
    for read_only in (False, True):
        with pytest.raises(RollcallError, match="9999"), open_warehouse(home, read_only=read_only):
            pass


def test_no_command_touches_a_home_that_a_newer_program_wrote(home):
    with open_warehouse(home) as con:
        con.execute("INSERT INTO main.schema_versions VALUES (9999, 'later')")
    (home.landing / "clinic-100").mkdir()
    (home.landing / "clinic-100" / "delivery_202401.csv").write_text("sent")
    before = home.warehouse_file.read_bytes(), sorted(home.archive.rglob("*"))
    for words in (["run"], ["submissions", "list"], ["links", "--out", str(home.root / "links.csv")]):
        done = subprocess.run(
            [sys.executable, "-m", "pipeline.cli", *words, "--home", str(home.root)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1, words
        assert "The warehouse has schema version 9999, this program knows" in done.stderr.replace("\n", " ")
        assert "Traceback" not in done.stderr + done.stdout
        assert (home.warehouse_file.read_bytes(), sorted(home.archive.rglob("*"))) == before


def test_a_file_that_is_no_warehouse_is_a_sentence(home):
    home.warehouse_file.write_bytes(b"not a database" * 1000)
    with pytest.raises(RollcallError, match="cannot be opened"), open_warehouse(home):
        pass


def test_restricted_folders_are_closed_to_others(home):
    with open_warehouse(home):
        pass
    assert all(os.stat(folder).st_mode & 0o077 == 0 for folder in home.restricted)
    assert os.stat(home.warehouse_file).st_mode & 0o077 == 0


def test_two_nights_at_once_the_second_says_who_holds_the_lock(home):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\nfrom pipeline.home import Home\nfrom pipeline.warehouse import night_lock\n"
            f"with night_lock(Home({str(home.root)!r})):\n    print('held', flush=True)\n    sys.stdin.read()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == "held"
    with pytest.raises(LockedError, match=str(holder.pid)), night_lock(home):
        pass
    holder.communicate("")
    with night_lock(home):
        pass


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("county_code: '99'", "it is written like this: six digits"),
        ("first_period: 2024-1", "a month, 2024-01"),
        ("settle_seconds: -1", "it must be at least 0"),
        ("original_days: soon", "a whole number is expected"),
        ("languages: [fr]", "it must be 'zh' or 'en'"),
        ("colour: red", "there is no such key"),
    ],
)
def test_a_wrong_line_of_county_yaml_is_told_in_plain_words(tmp_path, line, said):
    path = tmp_path / "county.yaml"
    key = line.partition(":")[0]
    lines = [known for known in ("county_code: '999977'", "name: 县") if not known.startswith(key)]
    path.write_text("\n".join([*lines, line]) + "\n", encoding="utf-8")
    with pytest.raises(ReferenceFileError) as caught:
        read_county_yaml(path)
    assert said in str(caught.value)
    assert f"line {len(lines) + 1}" in str(caught.value)
    for word in ("regex", "pattern", "^", "pydantic", "Input"):
        assert word not in str(caught.value)


def test_a_unit_that_ends_before_it_begins_is_refused(home):
    path = home.reference / "units.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    columns = lines[0].split(",")
    cells = lines[1].split(",")
    cells[columns.index("active_from")], cells[columns.index("active_to")] = "2024-02-01", "2024-01-31"
    path.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n", encoding="utf-8")
    with pytest.raises(ReferenceFileError, match="active_to 2024-01-31 is before active_from 2024-02-01"):
        load_reference(home)
