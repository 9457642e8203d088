"""Spec cases of what the field sends wrong (`bad_input.yaml`): each gets its receipt, and the night goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.casework import write_receipts
from pipeline.checks import decide_states
from pipeline.contracts import load_feeds
from pipeline.home import Home
from pipeline.intake import load, messages, receive
from pipeline.reference import load_reference, write_reference
from pipeline.warehouse import open_warehouse
from tests.landing import AS_OF, csv_bytes, everything_kept, headers, land, record, records, xlsx_bytes

CASES = yaml.safe_load((Path(__file__).parent / "bad_input.yaml").read_text(encoding="utf-8"))


def table(content: dict[str, Any]) -> list[list[str]]:
    """The header and rows that a case describes."""
    feed = content["feed"]
    names = list(load_feeds()[feed].columns)
    rows = [
        record(feed, **{load_feeds()[feed].record_no: row[0], **content.get("cells", {})})
        for row in records(feed, content["rows"])
    ]
    if "repeat_cell" in content:
        rows = [[cell * content["repeat_cell"] if cell == "长" else cell for cell in row] for row in rows]
    if "cells_of_row_2" in content:
        rows[1] = record(feed, **content["cells_of_row_2"])
    result = [headers(feed), *rows]
    for name in content.get("drop_columns", []):
        result = [[c for i, c in enumerate(row) if i != names.index(name)] for row in result]
        names.remove(name)
    more = dict(content.get("more_columns", {}))
    more |= {f"未知{n}": f"v{n}" for n in range(content.get("unknown_columns", 0))}
    result = [result[0] + list(more), *(row + list(more.values()) for row in result[1:])]
    if "extra_cell_in_row" in content:
        result[content["extra_cell_in_row"]].append("多出")
    if content.get("is_headless"):
        result = result[1:]
    return [*content.get("titles", []), *result, *content.get("footer", [])]


def data_of(content: dict[str, Any]) -> bytes:
    """A case's file."""
    if "text" in content:
        return content["text"].encode("latin-1" if content["text"].startswith("%PDF") else "utf-8")
    if "hex" in content:
        return bytes.fromhex(content["hex"])
    rows = table(content)
    if content.get("form") == "xlsx":
        sheets: dict[str, Any] = dict.fromkeys(content.get("sheets", ["Sheet1"]), rows)
        if "other_sheet" in content:
            sheets[content["other_sheet"]] = [["说明"], ["每月五日前报送"], ["联系电话", "12345"]]
        data = xlsx_bytes(sheets)
    else:
        end = content.get("end", "\r\n")
        data = csv_bytes(rows, content.get("encoding", "utf-8"))
        data = data[:-2] if end == "" else data
    return data[: -content["cut_bytes"]] if "cut_bytes" in content else data


@pytest.mark.parametrize("case", CASES, ids=[case["title"] for case in CASES])
def test_bad_input(case: dict[str, Any], home: Home) -> None:
    land(home, case["unit"], case["name"], data_of(case["content"]))
    land(home, "civil-100", "marriage_202401.csv", csv_bytes([headers("marriage"), record("marriage")]))
    reference = load_reference(home)
    receive(home, reference, AS_OF)
    with open_warehouse(home) as con:
        write_reference(con, reference)
        load(con, home)
        decide_states(con, home)
        written = write_receipts(con, home)
        rows = con.execute("FROM intake.receipts WHERE unit_code = ?", [case["unit"]])
        names = [column[0] for column in rows.description or ()]
        (receipt,) = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]

        assert {key: receipt[key] for key in case["expect"]} == case["expect"]
        if "detail" in case:
            assert case["detail"].items() <= json.loads(receipt["reason_detail"]).items()
        if "ignored_count" in case:
            assert len(receipt["ignored_headers"]) == case["ignored_count"]
        if receipt["feed"]:
            raw = load_feeds()[receipt["feed"]].raw_table
            count = con.execute(f"SELECT count(*) FROM {raw} WHERE revision_id = ?", [receipt["receipt_no"]])
            assert count.fetchall()[0][0] == case.get("rows", 0)
        misfits = con.execute("SELECT row_no, line FROM intake.misfit_rows ORDER BY ALL").fetchall()
        assert misfits == [tuple(pair) for pair in case.get("misfits", [])]
        kept = everything_kept(home, con)
        assert [text for text in case.get("nowhere", []) if text in kept] == []
        # the neighbour's file is in all the same
        assert con.execute("SELECT count(*) FROM intake.raw_marriage").fetchall()[0][0] == 1

    assert len(written) == 2
    known = case["unit"] in reference.units
    (page,) = (home.outgoing / (case["unit"] if known else "_unknown") / "receipts").iterdir()
    text = page.read_text(encoding="utf-8")
    assert case["name"] in text
    assert [said for said in case.get("says", []) if said not in text] == []
    assert [said for said in case.get("says_not", []) if said in text] == []
    if receipt["reason_code"]:
        words = messages(receipt["reason_code"], json.loads(receipt["reason_detail"] or "{}"))
        assert words
        assert words["zh"] in text


def test_every_reason_speaks_both_languages() -> None:
    from pipeline.intake.reasons import reasons

    for code, reason in reasons().items():
        assert reason["outcome"] in {"not_parsed", "unreadable", "note"}, code
        assert reason["zh"]["message"], code
        assert reason["en"]["message"], code
        assert reason["zh"]["remedy"], code
        assert reason["en"]["remedy"], code
