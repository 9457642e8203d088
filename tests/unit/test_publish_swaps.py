"""A release swapped in under readers: no query fails, none sees half of one release and half of another."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.home import Home
from pipeline.publish import begin_night, complete_night, make_current, make_release
from pipeline.publish.release.releases import marts_file
from pipeline.warehouse import open_warehouse
from tests.marts import AS_OF, make_night

READERS = 8
# an analyst's program: opens what is current, asks twice with a longer query between, and checks that both answers
# are of one release; goes on until it is told to stop
READER = """
import json, sys, time
from pathlib import Path
import duckdb
current, stop, known = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
seen, queries, wrong = set(), 0, []
print("ready", flush=True)
while not stop.exists() or not queries:
    try:
        with duckdb.connect(str(current), read_only=True) as con:
            # a query that takes seconds would draw its progress among the answers
            con.execute("SET enable_progress_bar = false")
            ask = "SELECT (SELECT max(release) FROM marts.runs), (SELECT count(*) FROM marts.children)"
            before = con.execute(ask).fetchall()[0]
            con.execute("SELECT sum(hash(a.child_key, b.i)) FROM marts.children a, range(50000) b(i)").fetchall()
            after = con.execute(ask).fetchall()[0]
    except Exception as error:
        wrong.append(f"{type(error).__name__}: {error}")
        continue
    queries += 3
    seen.add(before[0])
    if before != after or known.get(before[0]) != before[1]:
        wrong.append(f"{before} and {after}")
print(json.dumps({"queries": queries, "seen": sorted(seen), "wrong": wrong[:3], "count": len(wrong)}))
"""


@pytest.fixture
def releases(home: Home) -> dict[str, int]:
    """Two releases and how many children each has."""
    with open_warehouse(home) as con:
        first = make_release(con, home, make_night(con, home))
        complete_night(con, home, replace(first.night))
        con.execute("DELETE FROM marts.children WHERE child_key = (SELECT min(child_key) FROM marts.children)")
        con.execute("DELETE FROM linkage.child_records WHERE child_id NOT IN "
                    "(SELECT child_id FROM publish.child_keys JOIN marts.children USING (child_key))")  # fmt: skip
        second = make_release(con, home, begin_night(con, home, AS_OF, {"archive": "c" * 64, "code": "b" * 64}))
    return {release.name: release.rows["children"] for release in (first, second)}


@pytest.mark.parametrize(
    "swaps", [50, pytest.param(1_000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)  # fmt: skip
def test_readers_see_one_release_at_a_time(home: Home, releases: dict[str, int], swaps: int, tmp_path: Path):
    assert sorted(releases.values()) == [2, 3]
    stop = tmp_path / "stop"
    words = [sys.executable, "-c", READER, str(home.current_marts), str(stop), json.dumps(releases)]
    readers = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(READERS)]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        for number in range(swaps):
            make_current(home, marts_file(home, list(releases)[number % 2]))
            # an even pace that lets readers open both
            subprocess.run(["sleep", "0.02"], check=True)
        stop.touch()
        told = [json.loads(reader.communicate(timeout=120)[0]) for reader in readers]
    finally:
        for reader in readers:
            reader.kill()
    queries = sum(one["queries"] for one in told)
    print(f"{swaps} swaps, {READERS} readers, {queries} queries, {sum(one['count'] for one in told)} wrong")
    assert [one["wrong"] for one in told] == [[]] * READERS
    assert set().union(*(one["seen"] for one in told)) == set(releases)
    assert queries >= 3 * READERS
    assert not list(home.published.glob(".unfinished*"))
