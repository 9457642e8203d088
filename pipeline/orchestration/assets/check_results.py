"""Results of asset checks, all alike: what was found in words, numbers that Dagster plots, and where to look.

Belongs here: the form of a result, and reading it back for the night's last lines. Does not: any single check.
A check that does not pass is red (an error) where somebody has to do something, amber (a warning) where somebody
should look. No words hold a value of a record: codes of units, names of feeds, counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

RED, AMBER = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
SUMMARY, SEE = "summary", "see"
# how many units or feeds a sentence names before it counts the rest
NAMED = 4


@dataclass(frozen=True)
class Found:
    """What a check that did not pass has to say at the end of a night.

    Attributes:
        name: of the check.
        is_red: whether somebody has to do something.
        words: what was found, with counts.
        see: the folder, file or command that tells more; blank where there is none.
    """

    name: str
    is_red: bool
    words: str
    see: str = ""


def result(
    spec: dg.AssetCheckSpec,
    words: str,
    *,
    severity: dg.AssetCheckSeverity = AMBER,
    counts: Mapping[str, int | float] | None = None,
    tables: Mapping[str, dg.MetadataValue] | None = None,
    see: str = "",
) -> dg.AssetCheckResult:
    """The result of a check.

    Args:
        words: what was found, in a sentence with counts; blank where the check passes.
        severity: of a check that does not pass.
        counts: numbers by name, passed or not: Dagster draws them over the nights.
        tables: more, as Dagster shows it.
        see: where to look, from the home's folder on, or the command to type.
    """
    metadata: dict[str, Any] = {**(counts or {}), **(tables or {})}
    if words:
        metadata |= {SUMMARY: words, SEE: see} if see else {SUMMARY: words}
    return dg.AssetCheckResult(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=not words,
        severity=severity,
        metadata=metadata,
    )


def found_of(evaluations: Iterable[dg.AssetCheckEvaluation]) -> tuple[Found, ...]:
    """What checks that did not pass have to say: red ones first, then in the order of the night."""
    told = [
        Found(
            each.check_name,
            each.severity == RED,
            _text(each, SUMMARY) or f"{each.check_name.replace('_', ' ')}: did not pass",
            _text(each, SEE),
        )
        for each in evaluations
        if not each.passed
    ]
    return tuple(sorted(told, key=lambda one: not one.is_red))


def listed(names: Iterable[str]) -> str:
    """Some names and how many more there are, in a fixed order."""
    ordered = sorted(set(names))
    more = f" and {len(ordered) - NAMED:,} more" if len(ordered) > NAMED else ""
    return ", ".join(ordered[:NAMED]) + more


def counted(number: int, one: str, many: str = "") -> str:
    """A count with its noun: `1 unit`, `3 units`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _text(evaluation: dg.AssetCheckEvaluation, key: str) -> str:
    value = evaluation.metadata.get(key)
    return str(value.value) if value is not None else ""
