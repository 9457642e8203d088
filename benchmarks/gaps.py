"""Why children are not in a register, against the truth: reasons and probabilities of omission, county by county.

    python -m benchmarks.gaps [--counties 5] [--folder DIR] [--save] [HOME ...]

Makes synthetic counties with seeds of its own and runs the night on each (a minute; kept below `build/gaps`), and
takes further homes that are run already and have `truth/births.csv` as they are. Prints and, with --save, writes
`benchmarks/gaps_<date>.json`. A child's fate is that of the birth most of whose records it has; one that was never
born (invented by a unit) counts against every omission.

Reasons: true is `submission_missing` for `withheld`; `registered_elsewhere` for non-residents, and for births
elsewhere in registers of providers; `likely_omitted` for `never` and for `later`: past its due delay the register has
not got the child, whatever becomes of it. Children who died and are `never` held are counted apart, as no register
tells of deaths.

Probabilities: of residents past the due delay whom the register does not hold. The first hundred are the likeliest of
those called likely_omitted; the area under the curve is of all gaps that are due. Positive is `never` (the register
will not come to hold the child by itself); `later`, `withheld`, `held` under another name and, separately, children
who were never born are negative. `strict` takes those who died as negative, too.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata

from pipeline.home import PROJECT, Home
from pipeline.synthetic import load_plan, make_county
from pipeline.warehouse import open_warehouse

FOLDER = PROJECT / "build" / "gaps"
FIRST = 100
# plan, seed, births: small counties are the hard ones
COUNTIES = (
    ("usual", 9101, 2500),
    ("usual", 9102, 3600),
    ("hard", 9103, 3000),
    ("usual", 9104, 1800),
    ("demo", 9105, 1500),
)
REGISTERS = ("birth_certificate", "immunization", "household_registration", "population_register")
REASONS = ("submission_missing", "registered_elsewhere", "likely_omitted")
_FATES = """
    WITH births AS (FROM read_csv($births, all_varchar = true)),
    labels AS (FROM read_csv($records, all_varchar = true)),
    truth AS (
        SELECT child_id, arg_max(child, (n, child)) AS child
        FROM (
            SELECT links.child_id, labels.child, count(*) AS n
            FROM linkage.child_records AS links JOIN labels USING (feed, record_no) GROUP BY ALL
        )
        GROUP BY child_id
    ),
    fates AS (
        UNPIVOT (SELECT child, died, born_elsewhere, resident, $columns FROM births)
        ON COLUMNS(* EXCLUDE (child, died, born_elsewhere, resident)) INTO NAME register VALUE fate
    )
    SELECT
        gaps.register, gaps.reason, registers.catchment, coalesce(gaps.omission_probability, 0) AS probability,
        fates.fate, coalesce(fates.died = '1', false) AS died,
        coalesce(fates.born_elsewhere = '1', false) AS born_elsewhere,
        coalesce(fates.resident = '1', false) AS resident,
        truth.child LIKE 'fake-%' AS is_invented
    FROM intermediate.int_gaps_explained AS gaps
    JOIN accountability.registers AS registers ON registers.feed = gaps.register
    JOIN truth USING (child_id)
    LEFT JOIN fates ON fates.child = truth.child AND fates.register = gaps.register
    -- of children born before the span or met at school alone the truth tells no fate
    WHERE (fates.fate IS NOT NULL OR truth.child LIKE 'fake-%')
        AND list_contains($registers, gaps.register) AND gaps.reason <> 'not_yet_due'
    ORDER BY gaps.register, probability DESC, gaps.child_id
"""


def made(plan: str, seed: int, births: int, folder: Path) -> Path:
    """The home of a county, made and run where it is not there yet."""
    home = folder / f"{plan}-{seed}"
    if not (home / "published" / "current.duckdb").exists():
        county = make_county(home, load_plan(plan, seed=seed, births=births))
        done = subprocess.run(
            [sys.executable, "-m", "pipeline.cli", "run", "--home", str(home), "--as-of", county.as_of],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
    return home


def gaps_of(root: Path) -> list[dict[str, Any]]:
    """One county's gaps that are due, with what the truth says, by register and falling probability."""
    files = {name: str(root / "truth" / f"{name}.csv") for name in ("births", "records")}
    with open_warehouse(Home(root), read_only=True) as con:
        cursor = con.execute(_FATES.replace("$columns", ", ".join(REGISTERS)), {**files, "registers": list(REGISTERS)})
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def true_reason(gap: dict[str, Any]) -> str:
    """What the reason should have been; `died` and `invented` have none of their own."""
    if gap["is_invented"]:
        return "invented"
    if gap["catchment"] == "residence" and not gap["resident"]:
        return "registered_elsewhere"
    if gap["catchment"] == "provider" and gap["born_elsewhere"]:
        return "registered_elsewhere"
    if gap["fate"] == "withheld":
        return "submission_missing"
    return "died" if gap["died"] else "likely_omitted" if gap["fate"] in ("never", "later") else "linkage_uncertain"


def of_reasons(gaps: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Precision and recall of each reason; invented children count against `precision`."""
    found = {}
    for reason in REASONS:
        said = [gap for gap in gaps if gap["reason"] == reason]
        true = [gap for gap in gaps if true_reason(gap) == reason]
        both = sum(true_reason(gap) == reason for gap in said)
        born = sum(not gap["is_invented"] for gap in said)
        found[reason] = {
            "said": len(said),
            "true": len(true),
            "precision": round(both / len(said), 3) if said else None,
            "precision_of_births": round(both / born, 3) if born else None,
            "recall": round(both / len(true), 3) if true else None,
        }
    return found


def area_under_curve(positive: Sequence[bool], score: Sequence[float]) -> float | None:
    """The chance that a positive one has the higher score (Mann and Whitney's U over all pairs)."""
    is_positive = np.asarray(positive, dtype=bool)
    ones, others = int(is_positive.sum()), int((~is_positive).sum())
    if not ones or not others:
        return None
    u = rankdata(score)[is_positive].sum() - ones * (ones + 1) / 2
    return round(float(u / (ones * others)), 3)


def of_probabilities(gaps: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Precision of the first hundred and area under the curve, of residents and with children never born."""
    every = [gap for gap in gaps if gap["is_invented"] or gap["resident"]]
    residents = [gap for gap in every if not gap["is_invented"]]
    first = [gap for gap in every if gap["reason"] == "likely_omitted"][:FIRST]

    def never(gap: dict[str, Any]) -> bool:
        return gap["fate"] == "never"

    def strictly(gap: dict[str, Any]) -> bool:
        return never(gap) and not gap["died"]

    return {
        "gaps": len(every),
        "invented": len(every) - len(residents),
        "first": len(first),
        "precision_of_first": round(sum(map(never, first)) / len(first), 3) if first else None,
        "precision_of_first_strict": round(sum(map(strictly, first)) / len(first), 3) if first else None,
        "auc_residents": area_under_curve([*map(never, residents)], [gap["probability"] for gap in residents]),
        "auc": area_under_curve([*map(never, every)], [gap["probability"] for gap in every]),
        "auc_strict": area_under_curve([*map(strictly, every)], [gap["probability"] for gap in every]),
    }


def measured(root: Path) -> dict[str, Any]:
    """One county's figures, by register."""
    gaps = gaps_of(root)
    figures = {}
    for register in REGISTERS:
        mine = [gap for gap in gaps if gap["register"] == register]
        figures[register] = {"reasons": of_reasons(mine)}
        # of registers of providers `never` is also who was born elsewhere
        if mine and mine[0]["catchment"] == "residence":
            figures[register]["probabilities"] = of_probabilities(mine)
    return {"county": root.name, "registers": figures, "gaps": len(gaps)}


def main() -> None:
    """Measure every county, print, and save where asked to."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("homes", nargs="*", type=Path, help="further homes that are run already")
    arguments.add_argument("--counties", type=int, default=len(COUNTIES), help="how many to make")
    arguments.add_argument("--folder", type=Path, default=FOLDER, help="where they are kept")
    arguments.add_argument("--save", action="store_true", help="write benchmarks/gaps_<date>.json")
    asked = arguments.parse_args()
    counties = []
    for root in chain(asked.homes, (made(*each, asked.folder) for each in COUNTIES[: asked.counties])):
        counties.append(measured(root))
        for register, figures in counties[-1]["registers"].items():
            print(root.name, register, json.dumps(figures), flush=True)
    if asked.save:
        path = Path(__file__).with_name(f"gaps_{dt.date.today():%Y-%m-%d}.json")
        path.write_text(json.dumps({"counties": counties}, indent=1) + "\n", encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
