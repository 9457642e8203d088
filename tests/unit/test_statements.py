"""Statements beside modules: read by name, places filled after a check, values as parameters."""

import duckdb
import pytest

from pipeline.statements import Fragment, Statements

TEXT = """-- Statements of wards.py.

-- name: wards
-- Two wards, above $least.
SELECT ward FROM (VALUES (1), (2)) AS wards (ward)
WHERE ward > $least;

-- name: counted
SELECT {columns}, {rank} AS rank FROM {wards}
ORDER BY ALL;
"""


@pytest.fixture
def statements(tmp_path):
    (tmp_path / "wards.sql").write_text(TEXT, encoding="utf-8")
    return Statements(str(tmp_path / "wards.py"))


def test_a_statement_is_read_by_its_name_and_sent_with_parameters(statements):
    with duckdb.connect() as con:
        assert con.execute(statements["wards"], {"least": 1}).fetchall() == [(2,)]


def test_places_take_identifiers_lists_and_fragments(statements):
    filled = statements.filled(
        "counted", columns=("ward", "beds"), rank=Fragment("rank() OVER (ORDER BY beds)"), wards="main.wards"
    )
    assert filled.startswith("SELECT ward, beds, rank() OVER (ORDER BY beds) AS rank FROM main.wards\n")
    with duckdb.connect() as con:
        con.execute("CREATE TABLE wards AS SELECT unnest([7, 8]) AS ward, unnest([20, 10]) AS beds")
        assert con.execute(filled).fetchall() == [(7, 20, 2), (8, 10, 1)]


@pytest.mark.parametrize(
    "part", ["wards; DROP TABLE wards", "ward's", "a.b.c.d", "", (), ("ward", "1"), "ward AS w", 'ward"']
)
def test_what_is_no_identifier_is_refused(statements, part):
    with pytest.raises(ValueError, match="No identifiers"):
        statements.filled("counted", columns="ward", rank=Fragment("1"), wards=part)


@pytest.mark.parametrize("sql", ["1; DROP TABLE wards", "1 -- the rest", "1 /* 2 */", "'open", "(1", "'it''s' || 'x"])
def test_a_fragment_is_part_of_one_statement(sql):
    with pytest.raises(ValueError, match="No part of one statement"):
        Fragment(sql)


def test_signs_inside_quotes_are_text():
    assert Fragment("CASE WHEN ward < 3 THEN 'low; (1 -- 3' ELSE 'it''s high' END").sql.endswith("END")


@pytest.mark.parametrize("parts", [{}, {"columns": "ward"}, {"columns": "a", "rank": "b", "wards": "c", "more": "d"}])
def test_exactly_the_places_are_filled(statements, parts):
    with pytest.raises(ValueError, match="it has the places"):
        statements.filled("counted", **parts)


def test_a_statement_with_places_is_not_sent_as_it_stands(statements):
    with pytest.raises(ValueError, match="it has the places"):
        statements["counted"]


def test_an_unknown_name_is_a_key_error(statements):
    with pytest.raises(KeyError, match="beds"):
        statements["beds"]


@pytest.mark.parametrize(
    "text", ["SELECT 1;\n\n-- name: a\nSELECT 2;\n", "-- name: a\nSELECT 1;\n-- name: a\nSELECT 2;\n"]
)
def test_a_file_has_named_statements_only_and_each_name_once(tmp_path, text):
    (tmp_path / "bad.sql").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.sql"):
        Statements(str(tmp_path / "bad.py"))["a"]
