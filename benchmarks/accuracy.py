"""How right the links are: the shipped model on counties whose truth is known, one by one and pooled, with the spread.

    python -m benchmarks.accuracy [HOME ...]

Without homes, the counties of `labelled.yaml` (`accuracy`), of many seeds and mixes of errors, made where they are not
there yet. HOME is any county run up to its standardised records, with `truth/records.csv` and `truth/births.csv`.
Prints a table and, without homes, saves `benchmarks/accuracy_<date>.json` and `docs/accuracy.md`. Belongs here: figures
of links. Does not: time and memory (`linkage.py`).

A child is exact if its records are one whole, unmixed cluster. Twins are children of multiple deliveries; hard to
reach is what the truth says of the family. F1 is of pairs of records; the pooled one counts all counties' pairs.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from benchmarks.labelled import homes, recipes
from pipeline.home import PROJECT
from pipeline.linkage.children.partition import RESOLVED, partition
from pipeline.linkage.inputs import fill_input, workshop
from pipeline.linkage.model.frozen_model import DEFAULT_MODEL, Model, read_model
from pipeline.linkage.training.default_model import LABELS, label
from pipeline.settings.linkage import LinkageSettings

FIGURES = ("f1", "exact", "exact_twins", "exact_hard_to_reach")
GROUPS = {"exact": "children", "exact_twins": "twins", "exact_hard_to_reach": "hard_to_reach"}
QUARTILES = {"min": 0, "lower_quartile": 25, "median": 50, "upper_quartile": 75, "max": 100}
PAGE = PROJECT / "docs" / "accuracy.md"
HEAD = """# How right the links are

Made by `make bench-accuracy`; the figures of every county are in `benchmarks/{file}`. The counties are
synthetic, their truth is known, and the shipped model ({model}) was learned from others (`benchmarks/labelled.yaml`):
two years and eight, usual and hard, with up to three times the usual errors. A real county is measured by review, not
by this.

A child is exact if all its records, and no other's, are together. Twins are children of multiple deliveries. F1 is of
pairs of records.
"""
Change = Callable[[duckdb.DuckDBPyConnection], None]


def measure(home: Path, model: Model, change: Change | None = None) -> dict[str, Any]:
    """Link one county and count.

    Args:
        change: is given the connection after the linkage input is filled, and may change the table.
    """
    con = duckdb.connect(":memory:", config={"threads": 2})
    try:
        con.execute(f"ATTACH '{home / 'warehouse' / 'warehouse.duckdb'}' AS warehouse (READ_ONLY)")
        with workshop(con) as work:
            fill_input(work)
            if change:
                change(work)
            partition(work, model, LinkageSettings())
            label(work, home / "truth")
            return {"county": home.name, **rates(counts(work, home / "truth" / "births.csv"))}
    finally:
        con.close()


def counts(work: duckdb.DuckDBPyConnection, births: Path) -> dict[str, int]:
    """Pairs linked, due, and both; children, twins, hard to reach, and how many of each are exact."""
    work.execute(
        f"""
        CREATE OR REPLACE TABLE judged AS
        SELECT labels.child, found.child AS linked, coalesce(births.plurality, '1') <> '1' AS is_twin,
            coalesce(births.hard_to_reach = '1', false) AS is_hard_to_reach
        FROM {LABELS} AS labels JOIN {RESOLVED} AS found USING (record_key)
        LEFT JOIN read_csv($births, all_varchar = true) AS births ON births.child = labels.child
        """,
        {"births": str(births)},
    )
    found: dict[str, int] = {"records": work.execute("SELECT count(*) FROM judged").fetchall()[0][0]}
    for name, by in (("linked_pairs", "linked"), ("due_pairs", "child"), ("right_pairs", "child, linked")):
        found[name] = work.execute(
            f"SELECT sum(n * (n - 1) // 2)::BIGINT FROM (SELECT count(*) AS n FROM judged GROUP BY {by})"
        ).fetchall()[0][0]
    row = work.execute("""
        WITH mixed AS (SELECT linked, count(DISTINCT child) > 1 AS is_mixed FROM judged GROUP BY linked),
        children AS (
            SELECT child, bool_or(is_twin) AS is_twin, bool_or(is_hard_to_reach) AS is_hard_to_reach,
                count(DISTINCT linked) = 1 AND NOT bool_or(is_mixed) AS is_exact
            FROM judged JOIN mixed USING (linked) GROUP BY child
        )
        SELECT count(*), count(*) FILTER (is_exact),
            count(*) FILTER (is_twin), count(*) FILTER (is_twin AND is_exact),
            count(*) FILTER (is_hard_to_reach), count(*) FILTER (is_hard_to_reach AND is_exact)
        FROM children
    """).fetchall()[0]
    for (figure, group), (all_of_them, exact) in zip(
        GROUPS.items(), zip(row[::2], row[1::2], strict=True), strict=True
    ):
        found |= {group: all_of_them, f"{figure}_count": exact}
    return found


def rates(found: dict[str, int]) -> dict[str, Any]:
    """The counts with their rates; None where there was nobody to count."""
    precision, recall = found["right_pairs"] / found["linked_pairs"], found["right_pairs"] / found["due_pairs"]
    of_children = {
        figure: round(found[f"{figure}_count"] / found[group], 5) if found[group] else None
        for figure, group in GROUPS.items()
    }
    return {
        **found,
        "precision": round(precision, 5),
        "recall": round(recall, 5),
        "f1": round(2 * precision * recall / (precision + recall), 5),
        **of_children,
    }


def summary(counties: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Pooled figures, and by figure the spread over the counties."""
    added = {
        name: sum(county[name] for county in counties)
        for name, value in counties[0].items()
        if isinstance(value, int) and not isinstance(value, bool)
    }
    spread = {
        figure: {
            name: round(float(np.percentile([c[figure] for c in counties if c[figure] is not None], at)), 5)
            for name, at in QUARTILES.items()
        }
        for figure in FIGURES
        if any(county[figure] is not None for county in counties)
    }
    return {"counties": len(counties), "pooled": rates(added), "spread": spread}


def report(counties: Sequence[dict[str, Any]]) -> str:
    """The figures as a table."""
    head = f"{'':24} {'records':>8} " + " ".join(f"{figure:>20}" for figure in FIGURES)
    shown = summary(counties)
    lines = [head]
    for county in [*counties, {"county": "pooled", **shown["pooled"]}]:
        values = (f"{county[figure]:20.5f}" if county[figure] is not None else f"{'-':>20}" for figure in FIGURES)
        lines.append(f"{county['county']:24} {county['records']:8} " + " ".join(values))
    for name in QUARTILES:
        values = (f"{shown['spread'][figure][name]:20.5f}" for figure in shown["spread"])
        lines.append(f"{name:24} {'':8} " + " ".join(values))
    return "\n".join(lines)


def by_kind(counties: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Summaries of the counties of each plan."""
    plans = {name: plan.name for name, plan in recipes("accuracy").items()}
    kinds = sorted({plans[county["county"]] for county in counties})
    return {kind: summary([county for county in counties if plans[county["county"]] == kind]) for kind in kinds}


def page(content: dict[str, Any], file: str) -> str:
    """The figures as a page of Markdown."""
    pooled = {"all": content, **content["by_plan"]}
    lines = [
        HEAD.format(file=file, model=content["model"]),
        "| counties | | F1 | exact | exact twins | exact hard to reach |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {said['counties']} pooled | "
            + " | ".join(f"{said['pooled'][figure]:.4f}" for figure in FIGURES)
            + " |"
            for name, said in pooled.items()
        ),
        *(
            f"| all | {name.replace('_', ' ')} | "
            + " | ".join(f"{content['spread'][figure][name]:.4f}" for figure in FIGURES)
            + " |"
            for name in QUARTILES
        ),
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> None:
    """Measure, print, and save where it is the program's own set."""
    model = read_model(DEFAULT_MODEL)
    counties = [measure(home, model) for home in map(Path, arguments)] or [
        measure(home, model) for home in homes("accuracy")
    ]
    print(report(counties))
    if arguments:
        return
    kinds = by_kind(counties)
    for kind, found in kinds.items():
        print(f"{kind}: " + ", ".join(f"{figure} {found['pooled'][figure]}" for figure in FIGURES))
    target = Path(__file__).parent / f"accuracy_{dt.date.today():%Y-%m-%d}.json"
    content = {"model": model.version, **summary(counties), "by_plan": kinds, "each": counties}
    target.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(content, target.name), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
