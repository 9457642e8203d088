"""What a release was made from: beside it as `marts-<release>.json`, for whoever asks how a number came about.

Belongs here: gathering it from the night, the warehouse and the home, and laying it out to be read. Does not: the file
itself or swapping a release in (`release/releases.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from pipeline import __version__
from pipeline.completeness.cohorts.cohort_year import bootstrap_seed
from pipeline.home import Home
from pipeline.linkage.model.frozen_model import model_in_use
from pipeline.publish.nights.ledger import Night
from pipeline.settings.county import CountySettings

# what is another in every making, of the same input too: when it was, and what holds that time
OF_THE_MAKING = ("made_at", "sha256", "tables.runs.content")
# settings that no number follows from: where things run, whom failures are told, whom readers ask
_OF_NO_NUMBER = {"alert_webhook", "alerts", "clock", "doctor", "duckdb", "quality_report", "service", "spark"}


def make_manifest(
    con: duckdb.DuckDBPyConnection, home: Home, night: Night, sha256: str, contents: Mapping[str, Any]
) -> dict[str, Any]:
    """The manifest of a night's release.

    Args:
        con: the warehouse, with the night's tables.
        sha256: of the release's file.
        contents: row count and content hash by mart.

    Returns:
        By name: the release before it (`parent`), what the night saw (`inputs`, hashes by part; `ledger`, `reference`),
        what had come (`submissions`), the program, the model, the settings in force with their digest, and the seeds.
    """
    return {
        "release": night.run_id,
        "run_id": night.run_id,
        "night_no": night.night_no,
        "as_of": night.as_of.isoformat(),
        "made_at": night.ended_at.isoformat() if night.ended_at else None,
        "parent": _parent(con, night),
        "program": {"version": __version__, "code": night.fingerprint.get("code")},
        "model_version": night.model_version,
        "inputs": dict(night.fingerprint),
        "ledger": {"head": night.fingerprint.get("archive"), **_receipts(con)},
        "reference": dict(night.inputs),
        "submissions": _submissions(con),
        "settings": settings_in_force(home.settings),
        "seeds": _seeds(con, home),
        "sha256": sha256,
        "tables": dict(contents),
    }


def settings_in_force(settings: CountySettings) -> dict[str, Any]:
    """The settings from which numbers follow, defaults filled in, and a digest that is equal where all of them are."""
    values = settings.model_dump(mode="json", exclude=_OF_NO_NUMBER)
    return {"digest": hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest(), "values": values}


def laid_out(manifest: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str, bool]]:
    """A manifest line by line: the path of the key, the value, and whether it is of the making alone."""
    for key, value in manifest.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping) and value:
            yield from laid_out(value, f"{name}.")
        else:
            said = ", ".join(map(str, value)) if isinstance(value, list) else "" if value in (None, {}) else str(value)
            yield name, said, name in OF_THE_MAKING


def _parent(con: duckdb.DuckDBPyConnection, night: Night) -> str | None:
    """The release of the night before; None of the first."""
    found = con.execute(
        "SELECT release FROM publish.nights WHERE night_no < $no ORDER BY night_no DESC LIMIT 1", {"no": night.night_no}
    ).fetchall()
    return found[0][0] if found else None


def _receipts(con: duckdb.DuckDBPyConnection) -> dict[str, int | None]:
    receipts, last = con.execute("SELECT count(*), max(receipt_no) FROM intake.receipts").fetchall()[0]
    return {"receipts": receipts, "last_receipt_no": last}


def _submissions(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Obligations by status, files by what became of them, and the records that were linked."""
    counted = {
        "owed": "SELECT status, count(*) FROM accountability.obligations GROUP BY status ORDER BY status",
        "files": "SELECT state, count(*) FROM checks.submission_states GROUP BY state ORDER BY state",
    }
    counts: dict[str, Any] = {name: dict(con.execute(sql).fetchall()) for name, sql in counted.items()}
    return {**counts, "records": con.execute("SELECT count(*) FROM linkage.child_records").fetchall()[0][0]}


def _seeds(con: duckdb.DuckDBPyConnection, home: Home) -> dict[str, Any]:
    """Seeds behind the numbers: of the estimates' bootstrap by cohort, verification rounds, the model's training."""
    cohorts = con.execute("SELECT DISTINCT cohort FROM completeness.estimates ORDER BY cohort").fetchall()
    rounds = con.execute("SELECT round, seed FROM casework.verification_rounds ORDER BY round").fetchall()
    return {
        "estimates": {cohort: bootstrap_seed(cohort) for (cohort,) in cohorts},
        "verification": dict(rounds),
        "model": model_in_use(home).trained_on.get("seed"),
    }
