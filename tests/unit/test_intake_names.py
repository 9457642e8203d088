"""What a file's name says."""

from __future__ import annotations

import datetime as dt

import pytest

from pipeline.contracts import load_feeds
from pipeline.intake.landing.names import period_days, read_name
from pipeline.intake.reasons import NotTaken


@pytest.mark.parametrize(
    ("name", "period", "suffix", "is_supplement"),
    [
        ("delivery_202401.csv", "2024-01", None, False),
        ("delivery_202401.XLSX", "2024-01", None, False),
        ("delivery_202412_r2.xlsx", "2024-12", "r2", False),
        ("delivery_202401_bu.csv", "2024-01", "bu", True),
        ("delivery_202401_bu2.csv", "2024-01", "bu2", True),
        ("delivery_202401_BU.csv", "2024-01", "BU", True),
        ("delivery_202401_r2_bu.csv", "2024-01", "r2_bu", True),
        ("delivery_202401_budget.csv", "2024-01", "budget", False),
        ("delivery_202401_更正.csv", "2024-01", "更正", False),
        ("school_enrolment_2024.csv", "2024", None, False),
        ("school_enrolment_2024_01.csv", "2024", "01", False),
        # as people write them
        ("DELIVERY_202401.CSV", "2024-01", None, False),
        ("delivery-202401.csv", "2024-01", None, False),
        ("delivery 2024-01.csv", "2024-01", None, False),
        ("delivery_2024-1.xls", "2024-01", None, False),
        ("delivery_202401 (1).csv", "2024-01", None, False),
        ("delivery_202401（2）.csv", "2024-01", None, False),
        ("delivery_202401 - 副本.xlsx", "2024-01", None, False),
        ("delivery_202401 - Copy (2).xlsx", "2024-01", None, False),
        ("分娩登记_202401.csv", "2024-01", None, False),
        ("分娩登记表202401.xlsx", "2024-01", None, False),
        ("云河镇卫生院分娩登记2024年1月.xls", "2024-01", None, False),
        ("分娩登记_202401_补报.ods", "2024-01", "补报", True),
        ("新生入学登记_2024年.xlsx", "2024", None, False),
    ],
)
def test_names_that_are_read(name: str, period: str, suffix: str | None, is_supplement: bool) -> None:
    found = read_name(name, load_feeds())
    assert (found.period, found.suffix, found.is_supplement) == (period, suffix, is_supplement)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("delivery.csv", "name_not_pattern"),
        ("delivery_202401.zip", "name_not_pattern"),
        ("登记_202401.csv", "unknown_feed"),
        ("delivery_2024-13.csv", "period_form"),
        ("delivery_20240115.csv", "period_form"),
        ("delivery_202401.csv.csv", "name_not_pattern"),
        ("delivery_2024011.csv", "period_form"),
        ("delivery_202401_a/b.csv", "name_not_pattern"),
        ("deliveries_202401.csv", "unknown_feed"),
        ("delivery_2024.csv", "period_form"),
        ("delivery_202400.csv", "period_form"),
        ("delivery_000001.csv", "period_form"),
        ("school_enrolment_202409.csv", "period_form"),
    ],
)
def test_names_that_are_not(name: str, code: str) -> None:
    with pytest.raises(NotTaken) as caught:
        read_name(name, load_feeds())
    assert caught.value.code == code


def test_the_days_of_a_period() -> None:
    assert period_days("2024-02") == (dt.date(2024, 2, 1), dt.date(2024, 2, 29))
    assert period_days("2024-12") == (dt.date(2024, 12, 1), dt.date(2024, 12, 31))
    assert period_days("2024") == (dt.date(2024, 1, 1), dt.date(2024, 12, 31))
