"""The stage standardise as assets: look-ups over distinct raw values, which dbt's staging models join."""

from pipeline.orchestration.assets.intake import RAW_TABLES
from pipeline.orchestration.assets.stage import Outcome, asset, stage
from pipeline.orchestration.resources import Run
from pipeline.standardise import fill

GROUP = "standardise"
_DEPS = (*RAW_TABLES, "checks.current_revisions", "reference.divisions")


LOOK_UPS = {
    "names": "One row per name as written: cleaned, in pinyin, or a placeholder.",
    "id_numbers": "One row per id number as written: repaired, and whether it holds.",
    "dates": "One row per date as written: the day, the minute, the lunar alternate.",
    "numbers": "One row per measure as written, in its column's unit.",
    "codes": "One row per coded cell as written (sex, outcome), by its column's codes.",
    "phones": "One row per phone number as written.",
    "places": "One row per township and village as written, matched to the divisions.",
}


@stage(
    "Standardising names, id numbers, dates and places",
    assets=[asset(f"standardise.{name}", GROUP, words, deps=_DEPS) for name, words in LOOK_UPS.items()],
)
def look_ups(run: Run) -> Outcome:
    """What only Python can say of a raw value, said once per distinct value that is not yet there."""
    counts = fill(run.con, run.home, run.reference)
    return Outcome(f"{sum(counts.values()):,} new values")
