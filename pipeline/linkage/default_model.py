"""The model that ships: learned from synthetic counties whose truth is known.

Belongs here: counting over several counties. Run it after the ladders or the standardised record changed:
    python -m pipeline.linkage.default_model HOME [HOME ...]
where each HOME is a synthetic county that has been run up to its standardised records, with its `truth/`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from pipeline.errors import UsageError
from pipeline.linkage.inputs import INPUT, fill_input, workshop
from pipeline.linkage.model import DEFAULT_MODEL, Model
from pipeline.linkage.training import Counts, count_labelled, from_counts

LABELS = "labels"


def train_default(homes: Iterable[Path]) -> Model:
    """Count over labelled counties, and make the model.

    Args:
        homes: folders with `warehouse/warehouse.duckdb` and `truth/records.csv, births.csv`.

    Raises:
        UsageError: a folder lacks one of these.
    """
    counts, counties = Counts(), 0
    for home in homes:
        warehouse, truth = home / "warehouse" / "warehouse.duckdb", home / "truth"
        for needed in (warehouse, truth / "records.csv", truth / "births.csv"):
            if not needed.is_file():
                raise UsageError(f"{needed} is absent.", "Make a synthetic county and run it first.")
        counts.add(_count(warehouse, truth))
        counties += 1
    return from_counts(
        counts,
        {
            "what": "labelled pairs of synthetic counties",
            "counties": counties,
            "records": counts.records,
            "pairs": dict(sorted(counts.pairs.items())),
        },
    )


def _count(warehouse: Path, truth: Path) -> Counts:
    con = duckdb.connect(":memory:")
    try:
        con.execute(f"ATTACH '{warehouse}' AS warehouse (READ_ONLY)")
        with workshop(con) as work:
            fill_input(work)
            label(work, truth)
            return count_labelled(work, LABELS)
    finally:
        con.close()


def label(work: duckdb.DuckDBPyConnection, truth: Path) -> None:
    """Fill the table `labels` (record_key, child, delivery, mother) from a county's truth."""
    work.execute(
        f"""
        CREATE OR REPLACE TABLE {LABELS} AS
        SELECT record_key, records.child, births.mother,
            CASE WHEN births.child IS NOT NULL THEN births.mother || '|' || births.birth_date END AS delivery
        FROM {INPUT}
        JOIN read_csv($records, all_varchar = true) AS records USING (feed, record_no)
        LEFT JOIN read_csv($births, all_varchar = true) AS births ON births.child = records.child
        """,
        {"records": str(truth / "records.csv"), "births": str(truth / "births.csv")},
    )


def main(arguments: Sequence[str]) -> None:
    """Write the model that ships."""
    model = train_default(Path(argument) for argument in arguments)
    DEFAULT_MODEL.write_text(model.text, encoding="utf-8")
    print(f"{DEFAULT_MODEL.name}: {model.version}")


if __name__ == "__main__":
    main(sys.argv[1:])
