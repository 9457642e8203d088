"""The feed contracts and how a cell of each type is read."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contracts import Column, cells, dates, load_feeds
from pipeline.contracts.model import read_feed
from pipeline.errors import RollcallError

WEIGHT = load_feeds()["delivery"].columns["birth_weight_g"]
WEEKS = load_feeds()["delivery"].columns["gestation_weeks"]
DAY = dt.date(2025, 3, 7)


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-07",
        "2025/3/7",
        "2025.03.07",
        "2025年3月7日",
        "20250307",
        "２０２５－０３－０７",
        " 2025-3-7 ",
        "45723",
    ],
)
def test_every_way_of_writing_a_day_is_read(text):
    assert dates.read_date(text) == dates.DateCell(DAY)


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-07 15:41",
        "2025/3/7 15:41:09",
        "2025.03.07T15:41",
        "2025年3月7日15时41分",
        "202503071541",
        "2025-03-07 下午3:41",
    ],
)
def test_every_way_of_writing_an_instant_is_read(text):
    assert dates.read_date(text) == dates.DateCell(DAY, 15 * 60 + 41)


def test_an_excel_serial_with_a_time_is_read_to_the_minute():
    assert dates.read_date("45723.65347222222") == dates.DateCell(DAY, 15 * 60 + 41)


def test_a_day_that_only_the_lunar_calendar_has_is_read_as_lunar():
    # lunar 2024-02-30 is the last day of a long month: 8 April 2024
    assert dates.read_date("2024-02-30") == dates.DateCell(dt.date(2024, 4, 8), None, True)


@pytest.mark.parametrize(
    "text", ["", None, "2025-13-01", "2025-02-31", "昨天", "2025-03-07 25:00", "2025-03", "99999", "1"]
)
def test_what_is_no_date_is_unreadable(text):
    assert dates.read_date(text) is None


@pytest.mark.parametrize("text", ["07/03/2025", "3.7.2025", "３-７-2025", "07/03/2025 15:41", " 7 / 3 / 2025 "])
def test_a_date_of_two_meanings_is_not_read_and_names_both(text):
    assert dates.read_date(text) is None
    assert dates.two_meanings(text) == (DAY, dt.date(2025, 7, 3))


@pytest.mark.parametrize("text", [None, "", "昨天", "2025-03-07", "13/03/2025", "07/07/2025", "0/3/2025", "7/3/2025 x"])
def test_what_has_one_meaning_or_none_has_not_two(text):
    assert dates.two_meanings(text) is None


def test_a_day_before_its_month_is_read_with_its_time_where_it_can_be_nothing_else():
    assert dates.read_date("31/12/2024 15:41") == dates.DateCell(dt.date(2024, 12, 31), 15 * 60 + 41)
    assert dates.read_date("03/03/2025") == dates.DateCell(dt.date(2025, 3, 3))


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)), st.integers(0, 1439))
def test_a_written_instant_reads_back(day, minute):
    text = f"{day:%Y-%m-%d} {minute // 60:02d}:{minute % 60:02d}"
    assert dates.read_date(text) == dates.DateCell(day, minute)


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("3312", 3312),
        ("3.312", 3312),
        ("3312克", 3312),
        ("3.3kg", 3300),
        ("3,312", 3312),
        ("6.6斤", 3300),
        ("３３１２", 3312),
    ],
)
def test_weights_are_read_in_grams(text, grams):
    assert cells.read_number(text, WEIGHT) == grams


@pytest.mark.parametrize(("text", "weeks"), [("39", 39), ("39周", 39), ("39+3", 39), ("39+3周", 39), ("39.0", 39)])
def test_weeks_are_read_whole(text, weeks):
    assert cells.read_number(text, WEEKS) == weeks


@pytest.mark.parametrize("text", ["", "三千", "12-13", "1e9999", "9" * 400])
def test_what_is_no_number_is_unreadable(text):
    assert cells.read_number(text, WEIGHT) is None


@given(st.text())
def test_no_text_breaks_a_reader(text):
    for feed in load_feeds().values():
        for column in feed.columns.values():
            cells.read_cell(text, column)


@pytest.mark.parametrize(
    ("text", "code"), [("男", "1"), ("女婴", "2"), ("F", "2"), ("２", "2"), ("不详", "0"), ("甲", None)]
)
def test_sex_is_read_by_the_standard(text, code):
    assert cells.read_sex(text) == code


def test_headers_of_a_feed_name_one_column_each():
    for feed in load_feeds().values():
        headers = [header for column in feed.columns.values() for header in set(column.headers)]
        assert len(headers) == len(set(headers)), feed.feed


def test_a_contract_that_is_wrong_is_refused_by_name(tmp_path):
    path = tmp_path / "vaccination.yaml"
    path.write_text("feed: vaccination\nzh: x\n", encoding="utf-8")
    with pytest.raises(RollcallError, match=r"vaccination\.yaml"):
        read_feed(path)


def test_contracts_are_what_the_specification_says(shared_folder):
    import yaml

    spec = yaml.safe_load((shared_folder / "spec" / "feeds.yaml").read_text(encoding="utf-8"))["feeds"]
    feeds = load_feeds()
    assert set(spec) <= set(feeds)
    for name, wanted in spec.items():
        feed = feeds[name]
        assert (feed.zh, feed.agency, feed.kind, feed.record_no, feed.event_date) == (
            wanted["zh"], wanted["agency"], wanted["kind"], wanted["record_no"], wanted["event_date"],
        )  # fmt: skip
        assert list(feed.columns) == list(wanted["columns"])
        for key, column in wanted["columns"].items():
            have = feed.columns[key]
            assert (have.zh, have.type, have.level, list(have.aliases)) == (
                column["zh"], column["type"], column["level"], column.get("aliases", []),
            )  # fmt: skip
            # more ways of writing a code may be known than the specification names
            assert (column.get("values") or {}).items() <= (have.values or {}).items()


def test_a_column_knows_every_header_it_is_met_under():
    column = Column(name="phone", zh="联系电话", aliases=("电话",), type="phone", level="expected")
    assert column.headers == ("联系电话", "电话", "phone")
