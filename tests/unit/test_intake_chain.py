"""The hash chain: appending, crashes, alterations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import RollcallError
from pipeline.intake import Chain
from pipeline.intake.archive.chain import GENESIS


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path / "ledger.jsonl")


def test_an_absent_chain_is_empty(chain: Chain) -> None:
    assert chain.read() == []
    assert chain.last() is None
    assert chain.head() == GENESIS
    assert chain.verify() == []
    assert chain.append([]) == []
    assert not chain.path.exists()


def test_entries_are_numbered_and_linked(chain: Chain) -> None:
    first = chain.append([{"a": "甲"}, {"a": 2}])
    second = chain.append([{"a": None}])
    assert [entry["seq"] for entry in first + second] == [1, 2, 3]
    assert first[0]["prev"] == GENESIS
    assert [entry["prev"] for entry in (first + second)[1:]] == [entry["hash"] for entry in first]
    assert chain.read() == first + second
    assert chain.head() == second[0]["hash"]
    assert chain.verify() == []
    assert chain.path.stat().st_mode & 0o777 == 0o600


@given(st.lists(st.dictionaries(st.sampled_from("xyz"), st.text() | st.integers() | st.none()), max_size=6))
def test_what_goes_in_comes_out(tmp_path_factory: pytest.TempPathFactory, bodies: list[dict[str, object]]) -> None:
    chain = Chain(tmp_path_factory.mktemp("chain") / "ledger.jsonl")
    chain.append(bodies)
    assert [{k: v for k, v in e.items() if k in "xyz"} for e in chain.read()] == bodies
    assert chain.verify() == []


@pytest.mark.parametrize("torn", [b'{"a": 3, "se', b"\0" * 100, b"\0" * 50 + b"\n", b"\xff"])
def test_a_line_that_a_crash_left_is_cut_off(chain: Chain, torn: bytes) -> None:
    before = chain.append([{"a": 1}, {"a": 2}])
    with open(chain.path, "ab") as file:
        file.write(torn)
    assert chain.read() == before
    assert chain.head() == before[-1]["hash"]
    after = chain.append([{"a": 3}])
    assert after[0]["seq"] == 3
    assert chain.read() == before + after
    assert chain.verify() == []


def test_a_crash_in_the_first_line(chain: Chain) -> None:
    chain.path.write_bytes(b'{"half')
    assert chain.read() == []
    assert chain.append([{"a": 1}])[0]["seq"] == 1
    assert chain.verify() == []


def test_entries_longer_than_the_tail_that_is_read(chain: Chain) -> None:
    chain.append([{"a": "长" * 100_000}, {"a": "长" * 200_000}])
    assert chain.append([{"a": 1}])[0]["seq"] == 3
    assert chain.verify() == []


@pytest.mark.parametrize("change", ["content", "removed", "swapped", "number", "spaces"])
def test_alterations_are_found(chain: Chain, change: str) -> None:
    chain.append([{"a": number} for number in range(5)])
    lines = chain.path.read_bytes().splitlines(keepends=True)
    if change == "content":
        lines[2] = lines[2].replace(b'"a":2', b'"a":7')
    elif change == "removed":
        del lines[2]
    elif change == "swapped":
        lines[1], lines[2] = lines[2], lines[1]
    elif change == "number":
        lines[2] = lines[2].replace(b'"seq":3', b'"seq":9')
    else:
        lines[2] = json.dumps(json.loads(lines[2])).encode() + b"\n"
    chain.path.write_bytes(b"".join(lines))
    assert chain.verify()


def test_nothing_is_appended_to_an_altered_end(chain: Chain) -> None:
    chain.append([{"a": 1}])
    chain.path.write_bytes(chain.path.read_bytes().replace(b'"a":1', b'"a":2'))
    with pytest.raises(RollcallError, match="not as it was written"):
        chain.append([{"a": 2}])


def test_the_chains_own_keys_are_refused(chain: Chain) -> None:
    with pytest.raises(ValueError, match="seq"):
        chain.append([{"seq": 1}])
