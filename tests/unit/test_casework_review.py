"""Clerical review from workbook to decision: what goes out, what is refused, what stands, what is asked again."""

import hashlib
import random
import stat

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.casework import export_adjudication, export_batch, import_workbook, read_in, surface, withdraw
from pipeline.casework.contradictions import Edge, contradiction
from pipeline.casework.review.answers import agreement_of
from pipeline.casework.review.batches import ADJUDICATOR, find_batch, read_batch
from pipeline.casework.review.decisions import Reviews
from pipeline.casework.review.workbook import ANSWER, ANSWERS, COVER, LEFT, MARK, PAIR, PAIRS, RIGHT, answer_rows
from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.intake import verify_archive
from tests.reviews import fill, keys, numbers, put_links

FORMULA = "=HYPERLINK(1)"


@pytest.fixture
def links(con, home):
    put_links(con, home, changed={"D1": {"village_name_std": FORMULA}})
    return con


@pytest.fixture
def exported(links, home):
    return export_batch(links, home, ["A", "B"])


@pytest.fixture
def alone(links, home):
    return export_batch(links, home, ["A"])


def returned(home, done, place, says, name="back"):
    batch = done.batch
    reviewer = batch.reviewers[place]
    return fill(done.paths[place], batch, reviewer, says, home.returned / f"{name}_{reviewer}.xlsx")


def saying(answers, otherwise=None):
    """A reviewer who answers these pairs, named by their two record numbers."""
    return lambda _, asked: answers.get(" ".join(sorted(numbers(asked))), otherwise)


def always(answer):
    return lambda *_: answer


def altered(home, done, change, place=0, says=None):
    path = returned(home, done, place, says or always("same"), name="altered")
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


# what goes out


def test_a_workbook_is_restricted_locked_and_opens_nothing(exported, home):
    for path in [*exported.paths, exported.paths[0].parent / "batch.json"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert home.outgoing not in exported.paths[0].parents
    book = openpyxl.load_workbook(exported.paths[0])
    sheet = book[PAIRS]
    assert book[COVER].protection.sheet
    assert sheet.protection.sheet
    rows = set(answer_rows(exported.batch, "A").values())
    for row in sheet.iter_rows():
        for cell in row:
            is_open = cell.row - 1 in rows and cell.column - 1 >= ANSWER
            assert cell.protection.locked != is_open, cell.coordinate
            assert cell.data_type != "f"
    texts = {cell.value for row in sheet.iter_rows() for cell in row}
    assert FORMULA in texts
    lists = [each for each in sheet.data_validations.dataValidation if each.type == "list"]
    assert len(lists) == len(exported.batch.pairs)
    assert all(all(answer in each.formula1 for answer in ANSWERS.values()) for each in lists)


def test_two_records_stand_side_by_side_and_what_differs_is_marked(alone):
    sheet = openpyxl.load_workbook(alone.paths[0])[PAIRS]
    asked = alone.batch.by_name()
    (pair,) = [name for name, each in asked.items() if numbers(each) == {"D1", "D2"}]
    row = answer_rows(alone.batch, "A")[pair] + 1
    block = {sheet.cell(at, 2).value: at for at in range(row, row + 20)}
    sex = next(at for item, at in block.items() if item and "sex" in item)
    assert sheet.cell(sex, LEFT + 1).value or sheet.cell(sex, RIGHT + 1).value
    mother = next(at for item, at in block.items() if item and "mother's name" in item)
    assert (sheet.cell(mother, LEFT + 1).value, sheet.cell(mother, MARK + 1).value) == ("王芳", "=")
    assert not any(item and ("marri" in item or "婚" in item) for item in block)


@pytest.mark.parametrize("shows", [False, True])
def test_scores_are_hidden_unless_asked_for(links, home, shows):
    done = export_batch(links, home, ["A"], shows_scores=shows)
    texts = [cell.value or "" for row in openpyxl.load_workbook(done.paths[0])[PAIRS].iter_rows() for cell in row]
    assert any("bits" in text for text in texts) == shows


def test_two_reviewers_get_the_same_pairs_in_orders_of_their_own(exported):
    orders = [exported.batch.order_for(reviewer) for reviewer in "AB"]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == exported.batch.pair_names()


def test_the_same_links_give_the_same_bytes_and_a_begun_workbook_is_left_alone(links, home, exported):
    digest = hashlib.sha256(exported.paths[0].read_bytes()).hexdigest()
    exported.paths[0].write_bytes(b"begun")
    again = export_batch(links, home, ["A", "B"])
    assert again.batch == exported.batch
    assert again.written == ()
    assert exported.paths[0].read_bytes() == b"begun"
    exported.paths[0].unlink()
    export_batch(links, home, ["A", "B"])
    assert hashlib.sha256(exported.paths[0].read_bytes()).hexdigest() == digest
    assert read_batch(exported.batch.content) == exported.batch


@pytest.mark.parametrize("reviewers", [["A", "A"], ["../A"], [""], [ADJUDICATOR]])
def test_reviewers_who_cannot_be_are_refused(links, home, reviewers):
    with pytest.raises(UsageError):
        export_batch(links, home, reviewers)


# what comes back


def test_answers_become_decisions_that_the_next_night_reads(links, home, alone):
    path = returned(home, alone, 0, saying({"D3 P3": "same", "D1 D2": "different", "D1 H1": "cannot_tell"}))
    done = import_workbook(home, path, "li")
    assert (done.answers, done.blank) == (3, len(alone.batch.pairs) - 3)
    assert not done.waits_for
    found = read_in(links, home, "N0002-0123abcd")
    assert (found.answers, found.same, found.different) == (3, 1, 1)
    known = keys()
    rows = links.execute("SELECT record_key_l, record_key_r, is_same, entry FROM casework.link_constraints").fetchall()
    assert sorted(rows) == sorted(
        [
            (*sorted((known["D3"], known["P3"])), True, done.entry),
            (*sorted((known["D1"], known["D2"])), False, done.entry),
        ]
    )
    assert verify_archive(home).is_sound
    # read in once more, and by a warehouse that was made anew
    links.execute("DELETE FROM casework.link_constraints")
    assert read_in(links, home, "N0002-0123abcd") == found
    assert sorted(rows) == sorted(
        links.execute("SELECT record_key_l, record_key_r, is_same, entry FROM casework.link_constraints").fetchall()
    )


def test_the_batch_s_folder_is_not_needed_once_an_answer_is_in(links, home, alone):
    import_workbook(home, returned(home, alone, 0, saying({"D3 P3": "same"})), "li")
    for path in home.review.rglob("*.*"):
        path.unlink()
    assert len(Reviews.read(home).decisions) == 1
    more = home.returned / "back_A.xlsx"
    assert import_workbook(home, more, "li").answers == 0


def test_the_same_bytes_again_change_nothing_and_blanks_may_be_filled_in_later(home, alone):
    path = returned(home, alone, 0, saying({"D3 P3": "same"}))
    first = import_workbook(home, path, "li")
    ledger = home.ledger_file.read_bytes()
    again = import_workbook(home, path, "li")
    assert (again.entry, again.answers) == (first.entry, 0)
    assert home.ledger_file.read_bytes() == ledger
    later = import_workbook(home, returned(home, alone, 0, saying({"D3 P3": "same", "D1 D2": "different"})), "li")
    assert later.answers == 1
    with pytest.raises(
        RollcallError, match=r"column F: '不同 different'; reviewer A has answered '同一人 same' before"
    ):
        import_workbook(home, returned(home, alone, 0, saying({"D3 P3": "different"})), "li")


def _no_sheet(book):
    del book[PAIRS]


def _other_id(book):
    book[PAIRS].cell(2, PAIR + 1, "R0123456789-0001")


def _a_name_for_an_id(book):
    book[PAIRS].cell(2, PAIR + 1, "王芳")


def _row_added(book):
    book[PAIRS].insert_rows(3)


def _row_removed(book):
    book[PAIRS].delete_rows(4)


def _other_answer(book):
    book[PAIRS].cell(2, ANSWER + 1, "王芳")


def _answer_beside_no_pair(book):
    book[PAIRS].cell(4, ANSWER + 1, ANSWERS["same"])


def _unknown_batch(book):
    book[COVER].cell(3, 2, "R0000000000")


def _path_for_a_batch(book):
    book[COVER].cell(3, 2, "../../etc")


def _no_such_reviewer(book):
    book[COVER].cell(4, 2, "C")


def _the_other_reviewer(book):
    book[COVER].cell(4, 2, "B")


def _long_note(book):
    book[PAIRS].cell(2, ANSWER + 2, "长" * 501)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_no_sheet, "has no sheet 记录对 Pairs"),
        (_other_id, "row 2, column A: R0123456789-0001 stands where R"),
        (_a_name_for_an_id, "row 2, column A: something else stands where R"),
        (_row_added, "column A: nothing stands where R"),
        (_row_removed, "stands where nothing is expected"),
        (_other_answer, "row 2, column F: 2 characters that are none of the answers. Choose one of: 同一人 same"),
        (_answer_beside_no_pair, "row 4, column F: an answer stands beside no pair"),
        (_unknown_batch, "row 3, column B: R0000000000 is no batch"),
        (_path_for_a_batch, "row 3, column B: something else is no batch"),
        (_no_such_reviewer, "row 4, column B: batch .* has no such reviewer. Its reviewers are: A, B"),
        (_the_other_reviewer, "says that it is reviewer B's, but its pairs are in the order of reviewer A's"),
        (_long_note, "row 2, column G: a note of 501 characters"),
    ],
)
def test_what_is_not_as_it_was_exported_is_refused_whole(home, exported, change, sentence):
    path = altered(home, exported, change)
    with pytest.raises(RollcallError, match=sentence) as caught:
        import_workbook(home, path, "li")
    assert "altered_A.xlsx" in str(caught.value)
    assert "王芳" not in str(caught.value)
    assert caught.value.remedy
    assert not home.ledger_file.exists()
    assert not (home.archive / "reviews").exists()


@pytest.mark.parametrize("data", [b"", b"feed,record_no\n", b"PK\x03\x04broken", b"%PDF-1.7"])
def test_what_is_no_workbook_is_refused(home, alone, data):
    path = home.returned / "other.xlsx"
    path.write_bytes(data)
    with pytest.raises(RollcallError, match=r"other.xlsx is no review workbook"):
        import_workbook(home, path, "li")
    with pytest.raises(UsageError, match="is no file"):
        import_workbook(home, home.returned / "none.xlsx", "li")


def test_a_batch_whose_file_was_altered_is_unknown(home, alone):
    path = alone.paths[0].parent / "batch.json"
    path.write_bytes(path.read_bytes().replace(b"2024-04-30", b"2024-04-29"))
    assert find_batch(home, alone.batch.name) is None
    with pytest.raises(RollcallError, match="is no batch"):
        import_workbook(home, returned(home, alone, 0, always("same")), "li")


# contradictions


def test_answers_that_cannot_all_be_right_are_refused_with_both_named(home, alone):
    says = saying({"D1 J1": "same", "D1 H1": "same", "H1 J1": "different"})
    with pytest.raises(RollcallError) as caught:
        import_workbook(home, returned(home, alone, 0, says), "li")
    said = str(caught.value)
    assert "immunization:J1" in said
    assert "household_registration:H1" in said
    assert said.count("are one child (row ") == 2
    assert said.count("are different (row ") == 1
    assert not home.ledger_file.exists()


def test_an_answer_against_what_stands_is_refused_until_that_is_taken_back(home, alone):
    import_workbook(home, returned(home, alone, 0, saying({"D1 J1": "same", "D1 H1": "same"})), "li")
    later = returned(home, alone, 0, saying({"H1 J1": "different"}))
    with pytest.raises(RollcallError, match=r"\(decision R\w+-\d{4} of \d{4}-\d\d-\d\d\)"):
        import_workbook(home, later, "li")
    (pair,) = [name for name, asked in alone.batch.by_name().items() if numbers(asked) == {"D1", "H1"}]
    withdraw(home, [pair], "li", "a slip")
    assert len(Reviews.read(home).decisions) == 1
    import_workbook(home, later, "li")
    assert len(Reviews.read(home).decisions) == 2
    with pytest.raises(UsageError, match="No answer stands"):
        withdraw(home, [pair], "li")


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.booleans()).filter(lambda e: e[0] < e[1])))
def test_a_contradiction_is_found_where_the_closure_has_one(drawn):
    """Against the transitive closure by brute force; the chain that is shown is one, of `same` only."""
    edges = [Edge(left, right, is_same, "") for left, right, is_same in drawn]
    joined = {(record, record) for record in range(8)}
    joined |= {pair for e in edges if e.is_same for pair in ((e.left, e.right), (e.right, e.left))}
    for middle in range(8):
        joined |= {(a, b) for a in range(8) for b in range(8) if (a, middle) in joined and (middle, b) in joined}
    wanted = any((e.left, e.right) in joined for e in edges if not e.is_same)
    found = contradiction(edges)
    assert (found is not None) == wanted
    if found:
        different, chain = found
        at = different.left
        for edge in chain:
            assert edge.is_same
            assert at in (edge.left, edge.right)
            at = edge.right if at == edge.left else edge.left
        assert at == different.right
        shuffled = edges[:]
        random.Random(1).shuffle(shuffled)
        assert contradiction(shuffled) is not None


# two reviewers


def test_two_reviewers_decide_where_they_agree_and_a_third_settles_the_rest(links, home, exported):
    first = import_workbook(home, returned(home, exported, 0, always("different")), "li")
    assert first.waits_for == ("B",)
    assert not Reviews.read(home).decisions
    second = import_workbook(home, returned(home, exported, 1, saying({"D1 J1": "same"}, "different")), "li")
    assert len(second.disagreements) == 1
    reviews = Reviews.read(home)
    assert len(reviews.decisions) == len(exported.batch.pairs) - 1
    found = agreement_of(reviews, exported.batch)
    assert found.share == pytest.approx(1 - 1 / len(exported.batch.pairs))
    assert found.kappa == 0
    assert found.ac1 > 0.8
    third = export_adjudication(links, home, exported.batch.name)
    texts = [cell.value or "" for row in openpyxl.load_workbook(third.paths[0])[PAIRS].iter_rows() for cell in row]
    assert sum("the two reviewers' answers" in text for text in texts) == 1
    settled = import_workbook(home, returned(home, third, 0, always("same")), "wang")
    assert settled.answers == 1
    reviews = Reviews.read(home)
    assert reviews.disagreements(exported.batch.name) == []
    (same,) = [each for each in reviews.decisions.values() if each.is_same]
    assert numbers(same.asked) == {"D1", "J1"}
    assert export_adjudication(links, home, exported.batch.name) is None


# measuring, asking again, surfacing


def test_quality_is_measured_on_the_sample_once_there_is_enough(links, home):
    county = Home(home.root)
    with county.county_yaml.open("a", encoding="utf-8") as file:
        file.write("review: {sample_share: 1.0, enough_pairs: 5}\n")
    done = export_batch(links, county, ["A"])
    says = saying({"D1 J1": "same", "D2 J2": "same", "D3 P3": "same"}, "different")
    import_workbook(county, returned(county, done, 0, says), "li")
    read_in(links, county, "N0002-0123abcd")
    found = links.execute(
        "SELECT reviewed_pairs, reviewed_precision, reviewed_precision_low, reviewed_recall, reviewed_recall_high "
        "FROM casework.reviewed_quality WHERE stratum = 'overall' AND run_id = 'N0002-0123abcd'"
    ).fetchall()
    # of four links two are right; of three true pairs two were linked; all pairs were seen, so no doubt is left
    assert found == [(7, 0.5, 0.5, pytest.approx(2 / 3), pytest.approx(2 / 3))]
    few = links.execute(
        "SELECT reviewed_pairs, reviewed_precision FROM casework.reviewed_quality WHERE stratum = 'placeholder_names'"
    ).fetchall()
    assert few == [(1, None)]


def test_what_was_answered_is_not_asked_again_until_a_record_changes(links, home, alone):
    import_workbook(home, returned(home, alone, 0, saying({"D3 P3": "same"}, "cannot_tell")), "li")
    with pytest.raises(UsageError, match="no pair to ask about"):
        export_batch(links, home, ["A"])
    put_links(links, home, changed={"P3": {"mother_name_std": "张章"}, "D1": {"village_name_std": FORMULA}})
    read_in(links, home, "N0002-0123abcd")
    again = export_batch(links, home, ["A"])
    (first,) = again.batch.pairs
    assert numbers(first) == {"D3", "P3"}
    assert first.again
    assert first.reason == "record_changed"
    # the new answer takes the old one's place
    import_workbook(home, returned(home, again, 0, always("different"), name="again"), "li")
    (decision,) = Reviews.read(home).decisions.values()
    assert not decision.is_same


def test_decisions_that_something_speaks_against_are_surfaced(links, home, alone):
    import_workbook(home, returned(home, alone, 0, saying({"D3 P3": "same", "D1 J1": "same", "D2 J2": "same"})), "li")
    read_in(links, home, "N0002-0123abcd")
    # linkage has not followed yet
    assert surface(links, home) == {"not_obeyed": 1}
    links.execute("UPDATE linkage.child_records SET child_id = 'zhang' WHERE child_id = 'chen'")
    assert surface(links, home) == {}
    known = keys()
    links.execute(
        "UPDATE linkage.pairs SET match_weight = -20 WHERE record_key_l = ? AND record_key_r = ?",
        sorted((known["D1"], known["J1"])),
    )
    assert surface(links, home) == {"weight_against": 1}
    put_links(
        links, home, changed={"D2": {"birth_rank": 1}, "J2": {"birth_rank": 2}, "D1": {"village_name_std": FORMULA}}
    )
    links.execute("UPDATE linkage.child_records SET child_id = 'zhang' WHERE child_id = 'chen'")
    assert surface(links, home) == {"hard_conflict": 1}
    links.execute("DELETE FROM intermediate.int_records_standardised")
    assert surface(links, home) == {}
