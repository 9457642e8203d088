"""What linkage makes of small situations, as `linkage_cases.yaml` tells them, with the model that ships."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipeline.contracts.id_numbers import check_character
from pipeline.linkage.children.partition import RESOLVED, partition
from pipeline.linkage.inputs import fill_input, workshop
from pipeline.linkage.model.frozen_model import DEFAULT_MODEL, read_model
from pipeline.settings.linkage import LinkageSettings
from pipeline.standardise.dates import read_day
from pipeline.standardise.id_numbers import read_id_number
from pipeline.standardise.names import read_name
from tests.linkage_records import put_records, record

CASES = yaml.safe_load((Path(__file__).parent / "linkage_cases.yaml").read_text(encoding="utf-8"))
PERSONS = ("mother", "father", "guardian")
# what a case says in the form that linkage reads
AS_IT_IS = ("child_sex", "certificate_no", "phone", "birth_weight_g", "plurality", "birth_rank")


def standardised(number: int, name: str, said: dict[str, Any]) -> dict[str, Any]:
    """A record of a case as linkage reads it. Every case has a village of its own."""
    row: dict[str, Any] = {"village_code": f"9999771002{number:02}"}
    row |= {column: said[column] for column in AS_IT_IS if said.get(column) is not None}
    for person in PERSONS:
        read = read_name(said.get(f"{person}_name"))
        row |= {f"{person}_name_std": read.name_std, f"{person}_name_pinyin": read.name_pinyin}
    for person in ("mother", "child"):
        written = said.get(f"{person}_id_no")
        if written and written.endswith("c"):
            written = written[:-1] + check_character(written[:-1])
        id_no = read_id_number(written)
        row |= {f"{person}_id_no": id_no.id_no_std, f"{person}_id_no_is_valid": id_no.is_valid}
    born = read_day(str(said["birth_date"]))
    row |= {"birth_date": born.date_std, "birth_minute": born.minute_of_day}
    row |= {"birth_date_lunar_as_solar": born.lunar_as_solar, "is_placeholder": False}
    child = read_name(said.get("child_name"))
    # 王芳子: the models before linkage see by the mother's name that it is none
    is_after_mother = child.name_std in (f"{said.get('mother_name')}子", f"{said.get('mother_name')}女")
    row["is_placeholder"] = child.is_placeholder or is_after_mother
    row |= {"placeholder_rank": child.placeholder_rank, "child_nickname": child.placeholder_nickname}
    row["mother_name_from_placeholder"] = child.placeholder_parent
    named = not row["is_placeholder"]
    found = record(said["in"], f"{number}-{name}", str(said.get("period", "2024-03")), **row)
    return found | {
        "child_name_std": child.name_std if named else None,
        "child_name_pinyin": child.name_pinyin if named else None,
        "child_given_name": child.given_name if named else None,
        "child_given_pinyin": child.given_pinyin if named else None,
    }


@pytest.fixture(scope="module")
def children() -> Iterator[dict[tuple[int, str], int]]:
    """By case and record, the child it was found to be; all cases are linked at once, as a county is."""
    rows = {
        (number, name): standardised(number, name, case.get("both", {}) | said)
        for number, case in enumerate(CASES)
        for name, said in case["records"].items()
    }
    con = duckdb.connect()
    with workshop(con) as work:
        put_records(work, rows.values())
        fill_input(work, records="intermediate.int_records_standardised")
        partition(work, read_model(DEFAULT_MODEL), LinkageSettings())
        found = dict(work.execute(f"SELECT record_key, child FROM {RESOLVED}").fetchall())
    yield {place: found[row["record_key"]] for place, row in rows.items()}
    con.close()


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case["case"].replace(" ", "_") for case in CASES])
def test_case(number: int, children: dict[tuple[int, str], int]):
    case = CASES[number]
    names = sorted(case["records"])
    assert sorted(itertools.chain.from_iterable(case["children"])) == names, "every record is of one child"
    by_child: dict[int, list[str]] = {}
    for name in names:
        by_child.setdefault(children[number, name], []).append(name)
    assert sorted(by_child.values()) == sorted(map(sorted, case["children"])), case["says"]
    beyond = {place for place, child in children.items() if child in by_child and place[0] != number}
    assert not beyond, "a case is a family by itself"
