"""`docs/benchmarks.md`, from the newest saved results: `python -m benchmarks.pages` writes it again.

Belongs here: the page. Does not: measuring (`linkage.py`, `increment.py`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
NAMES = {
    "rollcall": "rollcall, the model that ships",
    "floor": "the floor: records read, keys joined, nothing compared",
    "splink": "Splink, as its getting-started page has it",
    "splink_tighter": "Splink, the date beside each name it blocks on",
    "splink_frozen": "Splink, rollcall's rules, comparisons and model",
    "recordlinkage_ecm": "recordlinkage, ECM classifier",
    "deterministic_join": "SQL join on numbers, names and dates",
}
HEAD = """# What linkage costs, beside its peers

Made by `make bench` (`benchmarks/{linkage}`) on synthetic counties of two years whose truth is known. Every
method gets the same records, two threads and a process of its own, one after another, from the standardised records
on disk to a child for every record. Splink and ECM learn their parameters in that time, as their pages have it;
rollcall comes with its model ({model}). The processor's seconds are what to compare: the clock's depend on what else
the machine does. Memory is the most that the process held. F1 is of pairs of records; a child is exact if its records,
and no other's, are together. `x` is how many times rollcall's figure the other's is, of errors (1 - F1) too.

Splink's page blocks on a name with the date of birth, and on a second name alone; the mother's alone brings 17 million
pairs of a million records together. With the date beside it, as its guide to blocking leads to, Splink looks at a
tenth of them, takes far less time and finds slightly less. Both are here. ECM takes a missing value for one that
differs, as its library does unless told otherwise. Pairs are those that a method's rules bring together, each counted
once. The third Splink is given rollcall's rules, comparisons and model, and learns nothing. The floor is what these
rules cost before any pair is compared: the records read, the keys joined.
"""
COLUMNS = (
    "| records | method | pairs | processor s | x | clock s | peak MB | x | F1 | 1 - F1, x | exact | exact twins |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
)
INCREMENT = """## A night on top of others

Made by `python -m benchmarks.increment` (`benchmarks/{increment}`; `make bench-large` adds the county of five
million). New records arrive, a hundredth as many are revised, a three-hundredth withdrawn; the same night is run as
nights are and as a full rerun with the same frozen model, each in a process of its own, and all rows of schema
`linkage` are compared. Both times are of the whole stage, with reading and writing the warehouse.
"""
INCREMENT_COLUMNS = (
    "| standing | new | night, processor s | full, processor s | full / night | night, clock s | full, clock s "
    "| full / night | night, peak MB | full, peak MB | differing rows |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
)


def newest(kind: str) -> Path | None:
    """The latest saved result of a kind."""
    found = sorted(HERE.glob(f"{kind}_2*.json"))
    return found[-1] if found else None


def _row(asked: int, method: str, found: dict[str, Any], of_ours: dict[str, float]) -> str:
    first = f"| {asked:,} | {NAMES[method]} |"
    if "seconds" not in found:
        limit = found.get("not_finished_within_seconds")
        said = f"not finished within {limit:g} s" if limit else (found.get("not_run") or f"failed: {found['failed']}")
        return f"{first} | {said} | | | | | | | | |"

    def times(name: str) -> str:
        return f"{1 / of_ours[name]:.1f}" if of_ours.get(name) else ""

    pairs = f"{found['pairs']:,}" if "pairs" in found else ""
    cost = (
        f"{first} {pairs} | {found['cpu_seconds']:.1f} | {times('cpu_seconds')} | {found['seconds']:.1f} "
        f"| {found['peak_mb']:,} | {times('peak_mb')} |"
    )
    if "f1" not in found:
        return f"{cost} | | | |"
    return f"{cost} {found['f1']:.4f} | {times('1 - f1')} | {found['exact']:.4f} | {found['exact_twins']:.4f} |"


def page() -> str:
    """The page's text."""
    saved = newest("linkage")
    if saved is None:
        return ""
    result = json.loads(saved.read_text(encoding="utf-8"))
    lines = [HEAD.format(linkage=saved.name, model=result["model"]), *COLUMNS]
    for size in result["sizes"]:
        for method, found in size["methods"].items():
            lines.append(_row(size["asked"], method, found, size["rollcall / other"].get(method, {})))
    if powers := result["scaling_exponents"]:
        steps = "; ".join(f"from {step} {power:.2f}" for step, power in powers.items())
        lines += ["", f"rollcall's processor seconds grow with the records to the power: {steps}."]
    if saved := newest("increment"):
        lines += ["", INCREMENT.format(increment=saved.name), *INCREMENT_COLUMNS]
        for each in json.loads(saved.read_text(encoding="utf-8")):
            night, full, ratio = each["increment"], each["full"], each["full / increment"]
            lines.append(
                f"| {each['records']:,} | {each['new']:,} | {night['cpu_seconds']:.1f} | {full['cpu_seconds']:.1f} "
                f"| {ratio['cpu_seconds']:.1f} | {night['seconds']:.1f} | {full['seconds']:.1f} "
                f"| {ratio['seconds']:.1f} | {night['peak_mb']:,} | {full['peak_mb']:,} "
                f"| {sum(each['differing_rows'].values())} |"
            )
    return "\n".join(lines) + "\n"


def write_page() -> None:
    """Write `docs/benchmarks.md`."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write_page()
