"""The field's errors: each does to a cell what its name says, about as often as the plan says."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lunardate import LunarDate

from pipeline.contracts import load_feeds
from pipeline.contracts.cells import read_cell
from pipeline.contracts.dates import read_date
from pipeline.contracts.id_numbers import check_character
from pipeline.contracts.texts import has_lost_digits
from pipeline.intake.reading.workbooks import as_text
from pipeline.synthetic import cells, load_plan, vocabulary
from pipeline.synthetic.calendar_days import day_of
from pipeline.synthetic.cells import Scribe, World, write_columns
from pipeline.synthetic.cells.styles import DATE_STYLES, DateTexts
from pipeline.synthetic.county import make_world
from pipeline.synthetic.places import make_places
from pipeline.synthetic.registers import errors

FEEDS = load_feeds()
MOTHER = FEEDS["delivery"].columns["mother_id_no"]
names = st.text(st.sampled_from("王李张丽敏静燕艳玲芳浩宇轩梓涵明朋钰清"), min_size=2, max_size=4)
seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)
ids = st.integers(10**16, 10**17 - 1).map(lambda n: f"{n}{check_character(str(n))}")


@given(names, seeds)
def test_typing_errors_change_one_character(name: str, rng: np.random.Generator) -> None:
    for error in (errors.typo_sound, errors.typo_near_sound, errors.typo_shape):
        written = error(name, rng)
        assert len(written) == len(name)
        assert sum(a != b for a, b in zip(written, name, strict=True)) <= 1


@given(ids, seeds)
def test_id_errors(number: str, rng: np.random.Generator) -> None:
    wrong = errors.wrong_digit(number, rng)
    assert sum(a != b for a, b in zip(wrong, number, strict=True)) == 1
    assert sorted(errors.transposed(number, rng)) == sorted(number)
    assert len(errors.truncated(number, rng)) == 17
    assert errors.id_15_digits(number, rng) == number[:6] + number[8:17]
    bad = errors.bad_check_digit(number, rng)
    assert bad[:17] == number[:17]
    assert bad[17] != number[17]


@given(ids, seeds)
def test_digits_that_a_spreadsheet_dropped_are_found_as_lost(number: str, rng: np.random.Generator) -> None:
    cell = errors.digits_lost(number, rng, is_workbook=True)
    text = errors.digits_lost(number, rng, is_workbook=False)
    if number.endswith("X"):
        assert cell == text == number
        return
    assert isinstance(cell, float)
    assert f"{cell:.14E}".replace(".", "")[:15] == number[:15]
    assert text in (number[:15] + "000", f"{float(number[:15] + '000'):.5E}")
    for written in (as_text(cell), text):
        # one in a thousand numbers is as its zeros say, and its check digit holds
        assert has_lost_digits(str(written)) or read_cell(str(written), MOTHER) == number
    assert errors.digits_lost("320102900512101", rng, is_workbook=True) == "320102900512101"


def test_sounds_and_shapes() -> None:
    assert "忘" in vocabulary.same_sound("王")
    assert "林" in vocabulary.near_sound("玲")
    assert "未" in vocabulary.same_shape("末")
    assert errors.traditional_characters("张丽", np.random.default_rng(0)) == "張麗"


def test_placeholders_say_sex_and_order() -> None:
    rng = np.random.default_rng(3)
    written = {errors.placeholder_name("王芳", 2, 1, 2, rng) for _ in range(40)}
    assert written <= {"王芳之女大", "王芳女大"}
    alone = {errors.placeholder_name("王芳", 1, 1, 1, rng) for _ in range(60)}
    assert alone == {"王芳之子", "王芳子", "王芳之婴"}
    assert all(len(errors.nickname("林泽", 1, 1, rng)) <= 3 for _ in range(60))


@pytest.mark.parametrize("style", DATE_STYLES)
def test_every_way_of_writing_a_date_is_read_back(style: str) -> None:
    """By the same reader that intake uses; Excel cells come as dates and serials."""
    day, minute = day_of(dt.date(2024, 3, 7)), 617
    texts = DateTexts(day - 5, day + 5)
    one = np.array([DATE_STYLES.index(style)])
    date = read_date(str(texts.dates(one, np.array([day]))[0]))
    instant = read_date(str(texts.instants(one, np.array([day]), np.array([minute]))[0]))
    assert date is not None
    assert date.day == dt.date(2024, 3, 7)
    assert instant is not None
    assert (instant.day, instant.minute) == (dt.date(2024, 3, 7), minute)


@pytest.fixture(scope="module")
def made() -> World:
    plan = load_plan("usual", births=12_000, months=12, unit_quality_sigma=0.0, lunar_families=0.5)
    return make_world(plan, FEEDS, make_places(plan, FEEDS))[0]


def _written(world: World, feed: str) -> tuple[Scribe, dict[str, np.ndarray]]:
    events = world.registrations.events[feed]
    rng = np.random.default_rng(5)
    scribe = Scribe(world, FEEDS[feed], events, np.arange(len(events)) + 1, "2024-12", rng)
    return scribe, write_columns(scribe)


def test_rates_are_the_plans(made: World) -> None:
    _, columns = _written(made, "delivery")
    plan, share = made.plan, lambda column, pattern: np.mean([bool(re.search(pattern, c)) for c in column])
    assert share(columns["birth_weight_g"], r"^[0-9]\.") == pytest.approx(plan.errors["weight_in_kg"], abs=0.008)
    assert share(columns["mother_id_no"], r"^$") == pytest.approx(plan.blanks["delivery"]["mother_id_no"], abs=0.012)
    assert share(columns["gestation_weeks"], r"\+") == pytest.approx(plan.errors["gestation_with_days"], abs=0.005)
    township = [c for c in columns["township_name"] if c and "县" not in c and "市" not in c]
    assert share(township, r"[^镇乡]$") == pytest.approx(plan.errors["township_without_suffix"], abs=0.008)
    assert share(columns["outcome"], "死") == pytest.approx(plan.stillbirths_per_birth, abs=0.004)
    _, immunization = _written(made, "immunization")
    unnamed = np.mean(immunization["child_name"] == "")
    assert unnamed == pytest.approx(plan.blanks["immunization"]["child_name"], abs=0.015)
    assert 0.03 < share(immunization["child_name"], r"(子|女|婴)[大小二三]?$") < 0.12
    assert 0.4 < np.mean(immunization["certificate_no"] == "") < 0.7


def test_lunar_birthdays(made: World) -> None:
    """A family that counts by the moon is written so where the cadre asks, and its date reads back to the day."""
    scribe, columns = _written(made, "population_register")
    born = made.people.children.day[scribe.child]
    lunar = 0
    for text, day in zip(columns["birth_date"].tolist(), born.tolist(), strict=True):
        read = read_date(str(text))
        assert read is not None
        told = LunarDate.from_solar_date(*(dt.date(1970, 1, 1) + dt.timedelta(days=day)).timetuple()[:3])
        lunar += (read.day.month, read.day.day) == (told.month, told.day) and not read.is_lunar
    assert lunar / len(born) == pytest.approx(0.5 * made.plan.errors["lunar_date"], abs=0.04)


def _is_wrong(number: str) -> bool:
    return len(number) == 18 and number[:17].isdigit() and check_character(number[:17]) != number[17].upper()


def test_misbehaviour_shows(made: World) -> None:
    by_defect = {d: i for i, unit in enumerate(made.county.units) for d in unit.defects}
    assert set(by_defect) == set(made.plan.misbehaviour)
    scribe, columns = _written(made, "household_registration")
    careless = scribe.events.unit == by_defect["no_mother_id"]
    assert np.mean(columns["mother_id_no"][careless] == "") > 0.7
    assert np.mean(columns["mother_id_no"][~careless] == "") < 0.2
    scribe, columns = _written(made, "population_register")
    wrong = np.array(
        [
            len(i) == 18 and i[:17].isdigit() and check_character(i[:17]) != i[17].upper()
            for i in columns["mother_id_no"]
        ]
    )
    inventing = scribe.events.unit == by_defect["bad_check_digit"]
    assert wrong[inventing].mean() > 0.2
    assert wrong[~inventing].mean() < 0.05
    scribe, columns = _written(made, "birth_certificate")
    heaping = scribe.events.unit == by_defect["date_heaping"]
    days = [read_date(str(text)) for text in columns["issued_on"][heaping]]
    assert np.mean([day is not None and day.day.day == 1 for day in days]) > 0.9
    fabricated = by_defect["fabricated"]
    scribe, _ = _written(made, "delivery")
    mine = scribe.events.unit == fabricated
    is_fake = made.people.children.kind[scribe.child] == 3
    assert not is_fake[~mine].any()
    assert is_fake[mine].mean() == pytest.approx(made.plan.misbehaviour["fabricated"].strength, abs=0.05)


def test_units_that_lose_digits_lose_them_in_every_id_number_and_no_other_does() -> None:
    plan = load_plan("digits_lost", births=900, months=6)
    made = make_world(plan, FEEDS, make_places(plan, FEEDS))[0]
    assert sum("digits_lost" in unit.defects for unit in made.county.units) / len(made.county.units) == pytest.approx(
        0.1, abs=0.02
    )
    lost = kept = absent = cells = 0
    for feed in ("delivery", "household_registration", "population_register"):
        scribe, columns = _written(made, feed)
        losing = scribe.defect("digits_lost") > 0
        for name in ("mother_id_no", "father_id_no", "child_id_no"):
            if name not in columns:
                continue
            numbers = [str(as_text(cell)) for cell in columns[name]]
            for number, is_losing in zip(numbers, losing.tolist(), strict=True):
                if len(number) >= 11 and number.isascii() and not number.upper().endswith("X"):
                    lost += has_lost_digits(number) and is_losing
                    kept += not has_lost_digits(number) and is_losing and len(number) == 18
                    assert is_losing or not has_lost_digits(number) or "E+" in number
            if name == "mother_id_no":
                absent, cells = absent + numbers.count(""), cells + len(numbers)
    assert lost > 100
    assert lost / (lost + kept) > 0.85
    assert absent / cells == pytest.approx(1 / 3, abs=0.06)


def test_a_plan_without_such_units_draws_nothing_for_them(made: World) -> None:
    scribe, _ = _written(made, "delivery")
    before = scribe.rng.bit_generator.state
    cells._lose_digits(scribe, {}, {})
    assert scribe.rng.bit_generator.state == before


def test_words_are_data() -> None:
    folder = Path(vocabulary.__file__).parent / "words"
    assert {path.name for path in folder.iterdir()} == {"names.yaml", "places.yaml", "lookalikes.yaml"}
