"""One night from the command line: the gate, then the job in this process on the home's own Dagster instance.

Not here: what the night does (the assets), how progress is drawn (`commands`), or when it runs (`jobs.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.intake import received
from pipeline.orchestration.dbt import ManifestPreparation
from pipeline.orchestration.nights import alerts, failures, unfinished
from pipeline.orchestration.nights.gate import Gate, clock_day, look, note_nothing_new
from pipeline.orchestration.nights.lock import holding
from pipeline.orchestration.nights.progress import QUIET, Listener, listening
from pipeline.orchestration.nights.stopping import hearing_signals

if TYPE_CHECKING:
    from pipeline.orchestration.assets.check_results import Found


STOPPED = "What was published before stands; run it again to go on."


@dataclass(frozen=True)
class Ended:
    """How a night ended.

    Attributes:
        is_new: whether there was anything to do.
        reasons: why, as the gate said.
        found: what asset checks that did not pass have to say, red ones first.
    """

    is_new: bool
    reasons: tuple[str, ...]
    found: tuple[Found, ...] = ()


def run_night(
    home: Home, as_of: dt.date | None = None, *, listener: Listener | None = None, is_forced: bool = False
) -> Ended:
    """Run one night on a home.

    Args:
        home: the county's home.
        as_of: the last day whose arrivals are seen; today where none is given.
        listener: hears the steps.
        is_forced: run even where the gate sees nothing new.

    Raises:
        UsageError: the day lies before the last night's.
        RollcallError: a step failed; says which and, where that is safe, why.
    """
    home.make_folders()
    day, started = as_of or clock_day(home), dt.datetime.now(dt.UTC)
    with holding(home), listening(listener) if listener else nullcontext():
        gate = _looked(home, day)
        if not gate.is_new and not is_forced:
            note_nothing_new(home, gate, day, started)
            return Ended(False, ())
        config = {
            "resources": {"home": {"config": {"root": str(home.root), "as_of": day.isoformat(), "again": True}}},
            **QUIET,
        }
        return Ended(True, gate.reasons, _execute(home, "night", config))


def _looked(home: Home, day: dt.date) -> Gate:
    """Ask the gate; a night that cannot even begin is a failed one, and somebody is told."""
    try:
        found = look(home, day)
        if found.is_new:
            unfinished.refuse_newer(home)
        return found
    except UsageError:
        raise
    except Exception as error:
        alerts.post_failure(home, "", [failures.sentence(error, "Looking for anything new")])
        raise


def run_reread(
    home: Home,
    feed: str,
    period: str,
    unit: str = "",
    as_of: dt.date | None = None,
    *,
    listener: Listener | None = None,
) -> Ended:
    """Read one feed and period again from the originals that are kept, then run the night.

    Raises:
        UsageError: there is no such feed, or nothing of it was received.
        RollcallError: nothing of it is kept, or a step failed.
    """
    home.make_folders()
    received(home, feed, period, unit or None)
    day = as_of or clock_day(home)
    config = {"feed": feed, "period": period, "unit": unit, "root": str(home.root), "as_of": day.isoformat()}
    with holding(home), listening(listener) if listener else nullcontext():
        unfinished.refuse_newer(home)
        return Ended(True, (f"{feed} of {period} is read again",), _execute(home, "reread", config))


def _execute(home: Home, job: str, config: Mapping[str, object]) -> tuple[Found, ...]:
    """Run a job in this process; returns what its asset checks found.

    Raises:
        UsageError: the settings want Spark, which could not run.
    """
    if home.settings.linkage.engine == "spark":
        from pipeline.orchestration.spark.launch import require

        require(home)
    # dbt parses in its own process while Dagster is imported in this one
    manifest = ManifestPreparation(home)
    from pipeline.orchestration import instance as storage

    with storage.open_instance(home) as instance, hearing_signals():
        manifest.wait()
        from pipeline.orchestration.assembly import definitions
        from pipeline.orchestration.assets.check_results import found_of
        from pipeline.orchestration.jobs import COMMAND_LINE, LAUNCHED_BY, failed_steps, was_stopped

        storage.close_interrupted(instance)
        storage.forget_old(instance)
        result = (
            definitions()
            .resolve_job_def(job)
            .execute_in_process(
                run_config=dict(config),
                instance=instance,
                tags={LAUNCHED_BY: COMMAND_LINE},
                raise_on_error=False,
            )
        )
        if not result.success:
            failures_told = result.filter_events(lambda event: event.is_step_failure)
            if was_stopped(failures_told):
                raise RollcallError("The night was stopped.", STOPPED)
            said = failed_steps(failures_told) or ["The night could not start."]
            alerts.post_failure(home, result.run_id, said)
            raise RollcallError(
                f"The night failed: {' '.join(said)}", "What was published before stands. See: rollcall ui"
            )
        return found_of(result.get_asset_check_evaluations())
