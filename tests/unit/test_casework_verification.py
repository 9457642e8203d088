"""Verification from workbook to outcome: what goes out, what is refused, what settles a case, what tables say."""

from __future__ import annotations

import datetime as dt
import stat
from dataclasses import replace

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.casework import import_verification, read_in, read_in_verification
from pipeline.casework.verification.canvass_workbook import (
    BIRTH_MONTH,
    CHILD_SEX,
    CHILD_VILLAGE,
    CHILDREN,
    TOKEN,
    VILLAGE,
    VILLAGES,
)
from pipeline.casework.verification.draw import enter_round
from pipeline.casework.verification.rounds import CANVASS, TEAMS, Case, check_name, folder_of, read_round
from pipeline.casework.verification.state import Given, Seen, Verification
from pipeline.casework.verification.tables import rows_of, settled_pairs
from pipeline.casework.verification.workbook import (
    BIRTH_DATE,
    CASE,
    CASES,
    COVER,
    DOCUMENT,
    IS_HELD,
    NOTE,
    NUMBER,
    NUMBER_THERE,
    ROUND_ROW,
    SEX,
    TEAM_ROW,
)
from pipeline.errors import RollcallError, UsageError
from pipeline.intake import verify_archive
from pipeline.whole_files import write_whole
from tests.reviews import key, put_links
from tests.verifications import ABSENT, FOUND, fill, fill_canvass, make_round

DAY = dt.date(2024, 5, 10)


@pytest.fixture
def drawn(home, reference):
    return enter_round(home, reference, make_round())


def hand_in(home, drawn, team, says, name="back", change=None, on=DAY):
    path = next(path for path in drawn.paths if path.parent.name == team)
    file = fill(path, says, home.returned / f"{name}_{team}.xlsx")
    if change:
        book = openpyxl.load_workbook(file)
        change(book)
        book.save(file)
    return import_verification(home, file, "office", on)


def all_say(seen):
    return lambda _: seen


def texts(path):
    book = openpyxl.load_workbook(path)
    return [[cell.value for cell in row] for sheet in book for row in sheet.iter_rows()]


# what goes out


def test_teams_have_workbooks_apart_in_orders_of_their_own_with_the_same_bytes_each_time(home, reference, drawn):
    first, second, _ = drawn.paths
    assert first.parent != second.parent
    for path in drawn.paths:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    orders = [[row[CASE] for row in texts(path) if str(row[CASE]).startswith("T1-")] for path in (first, second)]
    assert sorted(orders[0]) == sorted(orders[1])
    big = make_round(cases=30)
    assert big.order_for("A") != big.order_for("B")
    before = first.read_bytes()
    first.unlink()
    ledger = home.ledger_file.read_bytes()
    write_whole(second, b"begun")
    from pipeline.casework.verification.draw import write_workbooks

    again = write_workbooks(home, reference, drawn.round, is_new=False)
    assert again.written == (first,)
    assert (first.read_bytes(), second.read_bytes()) == (before, b"begun")
    assert home.ledger_file.read_bytes() == ledger


def test_a_workbook_tells_neither_kinds_nor_values(home, drawn):
    for path in drawn.paths[:2]:
        said = " ".join(str(cell) for row in texts(path) for cell in row if cell)
        for word in ("likely", "omission", "uncorroborated", "known_good", "control", "c1", "c4"):
            assert word not in said
    # nobody is asked about marriage or siblings: the words stand in the instruction that forbids it only
    headings = " ".join(str(cell) for cell in texts(drawn.paths[0])[10:] for cell in cell if cell)
    assert "婚" not in headings.replace("不得询问婚姻、其他子女或生育情况", "")


def test_a_round_survives_its_file(home, drawn):
    assert read_round(drawn.round.content) == drawn.round
    assert Verification.read(home).rounds["T1"][1] == drawn.round
    assert verify_archive(home).is_sound


@pytest.mark.parametrize("name", ["", "../x", "a b", "x" * 21, "2024/1"])
def test_a_round_s_name_is_part_of_file_names(name):
    with pytest.raises(UsageError, match="round's name"):
        check_name(name)


# what comes back


def test_two_teams_then_an_adjudicator_settle_every_case(home, drawn):
    numbers = [case.case_no for case in drawn.round.cases]
    slip = {**dict.fromkeys(numbers, FOUND), numbers[0]: ABSENT}
    first = hand_in(home, drawn, "A", all_say(FOUND))
    assert (first.answers, first.blank, first.disputes, first.third) == (4, 0, 0, None)
    state = Verification.read(home)
    assert not any(state.outcome("T1", number) for number in numbers), "one team alone settles nothing"
    second = hand_in(home, drawn, "B", slip)
    assert (second.disputes, second.third.parent.name) == (1, "adjudicator")
    asked = [row for row in texts(second.third) if str(row[CASE]).startswith("T1-")]
    assert [row[CASE] for row in asked] == [numbers[0]]
    assert {cell.split("\n")[0] for cell in asked[0][NOTE + 1 :]} == {"有 found", "没有 absent"}
    third = import_verification(
        home, fill(second.third, all_say(ABSENT), home.returned / "third.xlsx"), "office", DAY + dt.timedelta(1)
    )
    assert (third.team, third.answers, third.disputes) == ("adjudicator", 1, 0)
    state = Verification.read(home)
    assert [state.outcome("T1", number).seen for number in numbers] == [ABSENT, FOUND, FOUND, FOUND]
    assert state.outcome("T1", numbers[0]).on == "2024-05-11"
    assert verify_archive(home).is_sound


def test_the_same_bytes_change_nothing_and_blanks_may_come_later(home, drawn):
    number = drawn.round.cases[0].case_no
    first = hand_in(home, drawn, "A", {number: FOUND})
    assert (first.answers, first.blank) == (1, 3)
    ledger = home.ledger_file.read_bytes()
    again = import_verification(home, home.returned / "back_A.xlsx", "office", DAY)
    assert (again.answers, again.entry) == (0, first.entry)
    assert home.ledger_file.read_bytes() == ledger
    assert hand_in(home, drawn, "A", all_say(FOUND), name="later").answers == 3
    with pytest.raises(RollcallError, match=r"column G: team A has answered T1-\d{4} before and otherwise"):
        hand_in(home, drawn, "A", all_say(ABSENT), name="other")


def test_documents_that_were_not_shown_may_be_shown_later(home, drawn):
    numbers = [case.case_no for case in drawn.round.cases]
    hidden = {**dict.fromkeys(numbers, FOUND), numbers[0]: Seen("not_shown")}
    for team in TEAMS:
        hand_in(home, drawn, team, hidden)
    (finding,) = [row for row in rows_of(Verification.read(home))["verification_findings"] if row[1] == "clinic-100"]
    assert finding == ("T1", "clinic-100", "delivery", 0, dt.date(2024, 6, 14), None)
    for team in TEAMS:
        assert hand_in(home, drawn, team, all_say(FOUND), name="later").answers == 1
    (finding,) = [row for row in rows_of(Verification.read(home))["verification_findings"] if row[1] == "clinic-100"]
    assert finding[-1] == DAY


def test_an_absent_document_is_a_finding_and_an_omission_is_none(con, home, drawn):
    omission = drawn.round.cases[-1]
    for team in TEAMS:
        hand_in(home, drawn, team, lambda number: ABSENT if number in ("T1-0001", omission.case_no) else FOUND)
    read = read_in_verification(con, home)
    assert (read.rounds, read.cases, read.settled) == (1, 4, 4)
    findings = con.execute("SELECT unit_code, confirmed_without_child FROM casework.verification_findings ORDER BY ALL")
    assert findings.fetchall() == [("clinic-100", 1), ("police-100", 0)]
    answers = con.execute("SELECT count(*), count(DISTINCT team) FROM casework.verification_answers").fetchall()
    assert answers == [(8, 2)]
    # read in again, and by a warehouse made anew
    con.execute("DELETE FROM casework.verification_cases")
    assert read_in_verification(con, home) == read
    folder_files = [path for path in folder_of(home, "T1").rglob("*.*") if path.is_file()]
    for path in folder_files:
        path.unlink()
    assert read_in_verification(con, home) == read, "only the archive is needed"


def _cell(sheet, row, column, value):
    def change(book):
        book[sheet].cell(row, column + 1).value = value

    return change


def _drop(sheet):
    def change(book):
        del book[sheet]

    return change


REFUSED = {
    "a changed id": (
        _cell(CASES, 2, CASE, "T1-9999"),
        r"Cases, row 2, column A: something else stands where",
    ),
    "a name for an id": (
        _cell(CASES, 2, CASE, "王芳"),
        r"row 2, column A: something else stands where T1-",
    ),
    "a blank id": (_cell(CASES, 3, CASE, None), r"row 3, column A: nothing stands where"),
    "another number": (
        _cell(CASES, 2, NUMBER, "N-99"),
        r"row 2, column D: this is not the register's number of",
    ),
    "a row added": (lambda book: book[CASES].insert_rows(3), r"row 3, column A: nothing stands where"),
    "a row swapped": (lambda book: book[CASES].delete_rows(2), r"row 2, column A: T1-\d{4} stands where"),
    "no sheet of cases": (_drop(CASES), r"has no sheet 个案 Cases"),
    "no cover": (_drop(COVER), r"has no sheet 说明 Read first"),
    "an answer of nobody's": (
        _cell(CASES, 2, DOCUMENT, "也许 maybe"),
        r"row 2, column G: 8 characters that are",
    ),
    "a sex of nobody's": (_cell(CASES, 2, SEX, "x"), r"row 2, column H: 1 characters that are none of"),
    "a blank sex": (_cell(CASES, 2, SEX, None), r"row 2, column H: blank beside a document that was found"),
    "a date that is none": (_cell(CASES, 2, BIRTH_DATE, "春天"), r"row 2, column I: this cannot be read as a date"),
    "a number without a yes": (_cell(CASES, 2, NUMBER_THERE, "7"), r"row 2, column L: a number, though"),
    "no answer but a sex": (_cell(CASES, 2, DOCUMENT, None), r"row 2, column G: blank, though column H is filled in"),
    "a sex of no document": (_cell(CASES, 2, DOCUMENT, "没有 absent"), r"row 2, column H: filled in beside a document"),
    "an answer beside nothing": (_cell(CASES, 9, IS_HELD, "是"), r"row 9, column K: something stands beside no case"),
    "an endless note": (_cell(CASES, 2, NOTE, "长" * 501), r"row 2, column M: a note of 501 characters"),
    "a round that does not exist": (
        _cell(COVER, ROUND_ROW + 1, 1, "T9"),
        r"sheet 说明 Read first, row 3, column B: no round of this name was drawn here",
    ),
    "a team that does not exist": (_cell(COVER, TEAM_ROW + 1, 1, "C"), r"row 4, column B: round T1 has no such team"),
}


@pytest.mark.parametrize(("change", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_workbook_is_refused_in_a_sentence_and_nothing_is_kept(home, drawn, change, said):
    ledger, archive = home.ledger_file.read_bytes(), sorted(home.archive.rglob("*"))
    with pytest.raises(RollcallError, match=said) as refused:
        hand_in(home, drawn, "A", all_say(FOUND), change=change)
    assert refused.value.message.startswith("back_A.xlsx")
    assert refused.value.remedy
    assert "王芳" not in str(refused.value)
    assert home.ledger_file.read_bytes() == ledger
    assert sorted(home.archive.rglob("*")) == archive


def test_the_other_team_s_workbook_is_refused(home, reference):
    done = enter_round(home, reference, make_round(cases=12))
    with pytest.raises(RollcallError, match=r"its cases are in the order of team B's"):
        hand_in(home, done, "B", all_say(FOUND), change=_cell(COVER, TEAM_ROW + 1, 1, "A"))


def test_an_adjudicator_answers_what_two_teams_answered(home, drawn):
    hand_in(home, drawn, "A", all_say(FOUND))
    with pytest.raises(RollcallError, match=r"T1-\d{4} has not been answered by both teams"):
        hand_in(home, drawn, "B", all_say(FOUND), change=_cell(COVER, TEAM_ROW + 1, 1, "adjudicator"))


@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04broken"])
def test_bytes_that_are_no_workbook_are_refused(home, drawn, content):
    path = home.returned / "what.xlsx"
    path.write_bytes(content)
    with pytest.raises(RollcallError, match=r"what.xlsx is no verification workbook"):
        import_verification(home, path, "office", DAY)


def test_a_day_before_the_draw_is_refused(home, drawn):
    with pytest.raises(UsageError, match="drawn as of 2024-04-30"):
        hand_in(home, drawn, "A", all_say(FOUND), on=dt.date(2024, 4, 1))


# the canvass


def canvass(home, drawn, children, change=None):
    path = next(path for path in drawn.paths if path.parent.name == CANVASS)
    file = fill_canvass(path, children, home.returned / "canvass.xlsx")
    if change:
        book = openpyxl.load_workbook(file)
        change(book)
        book.save(file)
    return import_verification(home, file, "office", DAY)


HERE = "999977100200"


def test_a_canvass_holds_sex_month_and_token_only(con, home, drawn):
    done = canvass(home, drawn, [(HERE, "1", "2024-03", "ab12cd"), (HERE, "2", "2023年7月", None)])
    assert (done.team, done.answers, done.blank) == (CANVASS, 2, 0)
    read_in_verification(con, home)
    rows = con.execute("SELECT * FROM casework.canvass_children ORDER BY line").fetchall()
    assert rows == [("T1", HERE, 2, "1", "2024-03", "AB12CD"), ("T1", HERE, 3, "2", "2023-07", None)]
    villages = con.execute("SELECT * FROM casework.canvass_villages").fetchall()
    assert villages == [("T1", HERE, "999977100", 0.5, True)]


REFUSED_CANVASS = {
    "another village's children": (_cell(CHILDREN, 2, CHILD_VILLAGE, "999977100201"), r"row 2, column A: no village"),
    "a village that was not drawn": (_cell(VILLAGES, 3, VILLAGE, "999977100201"), r"row 3, column A: this village was"),
    "a changed village": (_cell(VILLAGES, 2, VILLAGE, "999977100201"), r"row 2, column A: 999977100200 is expected"),
    "no sex": (_cell(CHILDREN, 2, CHILD_SEX, None), r"row 2, column B: 0 characters that are none"),
    "no month": (_cell(CHILDREN, 2, BIRTH_MONTH, "春"), r"row 2, column C: this cannot be read as a month"),
    "a name for a token": (_cell(CHILDREN, 2, TOKEN, "王芳"), r"row 2, column D: this is no link token"),
    "no sheet of children": (_drop(CHILDREN), r"has no sheet 儿童 Children"),
}


@pytest.mark.parametrize(("change", "said"), REFUSED_CANVASS.values(), ids=REFUSED_CANVASS.keys())
def test_a_wrong_canvass_is_refused(home, drawn, change, said):
    ledger = home.ledger_file.read_bytes()
    with pytest.raises(RollcallError, match=said):
        canvass(home, drawn, [(HERE, "1", "2024-03", "AB12CD")], change)
    assert home.ledger_file.read_bytes() == ledger


# labels for linkage


def _shown(home, reference, number, register="population_register"):
    """A round of one case, the delivery D3, whose papers show it in a register under a number."""
    case = replace(make_round(cases=1).cases[0], record_key=key("delivery", "D3"), record_no="D3", register=register)
    drawn = enter_round(home, reference, replace(make_round(cases=1), cases=(case,)))
    for team in TEAMS:
        hand_in(home, drawn, team, all_say(replace(FOUND, is_held="yes", number_there=number)))


def test_a_number_on_papers_joins_two_records_unless_reviewers_said_otherwise(con, home, reference):
    put_links(con, home)
    _shown(home, reference, "P3")
    pair = tuple(sorted((key("delivery", "D3"), key("population_register", "P3"))))
    found = settled_pairs(con, home, {})
    assert found.keys() == {pair}
    assert found[pair][0] == DAY.isoformat()
    assert settled_pairs(con, home, {pair: False}) == {}
    # nor where it would contradict a decision through a third record
    third = key("delivery", "D1")
    decided = {tuple(sorted((third, pair[0]))): True, tuple(sorted((third, pair[1]))): False}
    assert settled_pairs(con, home, decided) == {}
    read_in(con, home, "N0002-0123abcd")
    rows = con.execute("SELECT record_key_l, record_key_r, is_same FROM casework.link_constraints").fetchall()
    assert rows == [(*pair, True)]


def test_a_number_that_no_record_has_settles_nothing(con, home, reference):
    put_links(con, home)
    _shown(home, reference, "P99")
    assert settled_pairs(con, home, {}) == {}


# what settles a case

SEENS = st.sampled_from([FOUND, ABSENT, Seen("cannot_tell"), Seen("not_shown"), Seen("found", "2", None, "no", "no")])


@given(SEENS | st.none(), SEENS | st.none(), SEENS | st.none())
def test_agreement_settles_else_the_adjudicator(first, second, third):
    state = Verification()
    state.rounds["T1"] = 1, make_round(cases=1)
    given_by = {"A": first, "B": second, "adjudicator": third}
    state.answers["T1", "T1-0001"] = {
        team: Given(team, seen, place, "2024-05-10") for place, (team, seen) in enumerate(given_by.items()) if seen
    }
    outcome = state.outcome("T1", "T1-0001")
    if first is None or second is None:
        assert outcome is None
        assert state.disputes("T1") == []
    elif first == second:
        assert outcome.seen == first
    else:
        assert (outcome and outcome.seen) == third
        assert state.disputes("T1") == ([] if third else ["T1-0001"])


def test_kinds_follow_strata():
    case = Case("x", "uncorroborated_in_alarm", 1.0, "t", "u", "f", "p", 1, "n", "c", "r")
    assert case.kind == "uncorroborated"
