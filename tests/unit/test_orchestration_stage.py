"""A stage that fails leaves no value anywhere in Dagster's storage; one that works says how many rows it made."""

import base64
import logging
import warnings
from xml.etree import ElementTree

import dagster as dg
import duckdb
import pytest

from pipeline.errors import RollcallError
from pipeline.orchestration.assets.check_results import AMBER, result
from pipeline.orchestration.assets.stage import (
    MONTHS_SHOWN,
    TRANSIENT,
    Outcome,
    PartlyDoneError,
    asset,
    check,
    months_of,
    picture,
    stage,
)
from pipeline.orchestration.instance import open_instance
from pipeline.orchestration.nights import failures
from pipeline.orchestration.nights.progress import listening
from pipeline.orchestration.resources import HomeResource
from pipeline.publish.charts import to_svg

SECRET = "王芳之女"
SECRET_ID = "110101199003078515"
UNITS = asset("reference.units", "intake", "One row per unit.")
CHECK = check("is_right", "reference.units", "Whether it is right.")


def make(does, **options):
    return stage("Counting units", assets=[UNITS], **options)(does)


def run(home, step):
    defs = dg.Definitions(assets=[step], resources={"home": HomeResource(root=str(home.root))})
    with open_instance(home) as instance:
        job = defs.resolve_implicit_global_asset_job_def()
        return job.execute_in_process(instance=instance, raise_on_error=False)


def stored(home):
    """Every byte that a run left in the home's state."""
    return b"".join(path.read_bytes() for path in sorted(home.state.rglob("*")) if path.is_file())


def said(result):
    failed = result.filter_events(lambda event: event.is_step_failure)
    return [event.step_failure_data.user_failure_data.description for event in failed]


def failing(run):
    """Fails as a library does: with the value in its message, in a cause, in a print, in a log and in a warning."""
    print(SECRET)
    logging.getLogger("library").warning(SECRET)
    warnings.warn(SECRET, stacklevel=1)
    try:
        raise KeyError(SECRET_ID)
    except KeyError as error:
        raise ValueError(f"cannot convert {SECRET}") from error


def test_an_unexpected_failure_leaves_no_value(home, capfd):
    result = run(home, make(failing))
    assert not result.success
    assert said(result)[0].startswith("Counting units: ValueError at ")
    left = stored(home)
    printed = capfd.readouterr()
    for secret in (SECRET, SECRET_ID):
        assert secret.encode() not in left
        assert secret.encode("unicode_escape") not in left
        assert secret not in printed.out + printed.err
    assert b"ValueError" in left


def test_the_engine_s_own_error_leaves_no_value(home):
    def convert(run):
        run.con.execute(f"SELECT CAST('{SECRET}' AS INTEGER)")

    result = run(home, make(convert))
    assert "ConversionException" in said(result)[0]
    assert SECRET.encode() not in stored(home)


def test_checks_that_do_not_pass_are_counted_by_what_they_ask_for(home):
    counted = {}

    def look(run):
        counted["so far"] = run.not_passed
        return Outcome(checks=[result(CHECK, "three rows are odd", severity=AMBER)])

    assert run(home, make(look, checks=[CHECK])).success
    assert counted["so far"] == {"red": 0, "amber": 1}


def test_a_sentence_for_people_arrives_whole(home):
    def refuse(run):
        raise RollcallError("units.csv, line 3: feed is blank.", "Name one.")

    assert said(run(home, make(refuse))) == ["units.csv, line 3: feed is blank. Name one."]


def test_rows_are_counted_and_progress_is_told(home):
    heard = []

    class Ear:
        def began(self, step):
            heard.append(("began", step))

        def ended(self, step, seconds, said):
            heard.append(("ended", step, said))

        def failed(self, step, seconds):
            heard.append(("failed", step))

    with listening(Ear()):
        result = run(home, make(count))
    assert result.success
    (materialized,) = result.asset_materializations_for_node("count")
    assert materialized.metadata["dagster/row_count"].value == 0
    columns = materialized.metadata["dagster/column_schema"].schema.columns
    assert [(one.name, one.type) for one in columns][:2] == [("unit_code", "VARCHAR"), ("agency", "VARCHAR")]
    assert not columns[0].constraints.nullable
    assert heard == [("began", "Counting units"), ("ended", "Counting units", "0 units")]


def count(run):
    """Counts."""
    return Outcome(f"{run.con.execute('SELECT count(*) FROM reference.units').fetchall()[0][0]} units")


def test_results_of_a_step_that_failed_partly_are_kept(home):
    def partly(run):
        result = dg.AssetCheckResult(asset_key=CHECK.asset_key, check_name=CHECK.name, passed=False)
        raise PartlyDoneError("It is not right.", "", [result])

    result = run(home, make(partly, checks=[CHECK]))
    assert not result.success
    (evaluation,) = result.get_asset_check_evaluations()
    assert not evaluation.passed


@pytest.mark.parametrize(("error", "tries"), [(OSError("a folder is away"), 2), (ValueError("a bug"), 1)])
def test_only_what_may_heal_is_tried_again(home, error, tries):
    began = []

    def flaky(run):
        began.append(1)
        if len(began) < 2:
            raise error
        return Outcome()

    at_once = dg.RetryPolicy(max_retries=1)
    result = run(home, make(flaky, retry=at_once))
    assert len(began) == tries
    assert result.success == (tries == 2)
    assert TRANSIENT.max_retries > 0


def test_a_day_before_the_last_night_is_a_sentence(home):
    bad = HomeResource(root=str(home.root), as_of="yesterday")
    defs = dg.Definitions(assets=[make(count)], resources={"home": bad})
    with open_instance(home) as instance:
        job = defs.resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success
    assert "as_of is no date" in stored(home).decode("utf-8", "ignore")
    assert failures.sentence(RollcallError("x."), "y") == "x."


def test_rows_are_counted_by_the_month_that_they_are_about():
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA s")
        con.execute(
            "CREATE TABLE s.owed AS SELECT * FROM (VALUES ('2024-02', 1), ('2024-03', 1), ('2024-03', 2), (NULL, 3)) "
            "AS t(period, unit)"
        )
        con.execute("CREATE VIEW s.births AS SELECT period AS birth_month, '2020' AS period FROM s.owed")
        con.execute("CREATE TABLE s.units AS SELECT 1 AS unit")
        con.execute(
            "CREATE TABLE s.many AS SELECT strftime(DATE '2010-01-01' + to_months(i::INTEGER), '%Y-%m') AS period "
            "FROM range(100) AS r(i)"
        )
        for name in ("owed", "births"):
            told = months_of(con, f"s.{name}")["rows by period"]
            assert [record.data for record in told.records] == [
                {"period": "2024-03", "rows": 2}, {"period": "2024-02", "rows": 1},
            ]  # fmt: skip
        assert months_of(con, "s.units") == {}
        many = months_of(con, "s.many")["rows by period"].records
        assert (len(many), many[0].data["period"]) == (MONTHS_SHOWN, "2018-04")


def test_a_picture_is_an_image_that_stands_by_itself():
    told = picture(to_svg({"mark": "bar", "data": {"values": [{"a": 1}]}, "encoding": {"x": {"field": "a"}}}))
    address = told.md_str.removeprefix("![](data:image/svg+xml;base64,").removesuffix(")")
    tree = ElementTree.fromstring(base64.b64decode(address, validate=True))
    assert tree.tag == "{http://www.w3.org/2000/svg}svg"
