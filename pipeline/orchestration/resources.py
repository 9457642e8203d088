"""The home that a run works on, bound when the run starts, and the night that the run is.

Not here: settings (they are the home's own), or what a step does with them.
"""

import datetime as dt
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from pipeline.accountability import read_obligations
from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.orchestration.nights import gate, unfinished
from pipeline.orchestration.nights.lock import holding
from pipeline.orchestration.nights.replay import replayed
from pipeline.publish import Night, begin_night
from pipeline.publish.nights.inputs import keep_inputs
from pipeline.reference import Reference, load_reference
from pipeline.warehouse import open_warehouse
from pipeline.whole_files import close_to_others

# the job that is a whole night
NIGHT = "night"
# jobs that end with a release and an entry in the ledger of nights
WHOLE = (NIGHT, "reread")
# how Dagster marks a run that goes on from a failed step, or runs chosen steps of an earlier one
RESUMED = {"dagster/is_resume_retry", "dagster/step_selection"}


@dataclass
class Run:
    """One run on one home.

    Attributes:
        as_of: the last day whose arrivals are seen.
        said: what the step under way says of its work, for the progress line.
        options: the configuration of the step under way, where it has one.
        is_idle: the gate found nothing new: no step has anything to do.
        context: Dagster's of the step under way, for a process that the step starts.
        not_passed: checks of the steps so far that did not pass, by `red` and `amber`.
    """

    home: Home
    as_of: dt.date
    started_at: dt.datetime
    said: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    is_idle: bool = False
    context: dg.AssetExecutionContext | None = None
    not_passed: dict[str, int] = field(default_factory=lambda: {"red": 0, "amber": 0})
    _con: duckdb.DuckDBPyConnection | None = None
    _night: Night | None = None
    _learned: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def reference(self) -> Reference:
        """The county's reference files, read once a run."""
        return load_reference(self.home)

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """The warehouse, open while a step that asked for it runs."""
        if self._con is None:
            raise RuntimeError("this step did not ask for the warehouse")
        return self._con

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the warehouse for a step, and close it after: dbt opens it next."""
        with open_warehouse(self.home) as con:
            self._con = con
            try:
                yield con
            finally:
                self._con = None

    @property
    def night(self) -> Night:
        """The night that this run is, begun by the first step that needs its number; needs the warehouse.

        What it read beside the ledger is kept first, so that it can be run again.
        """
        if self._night is None:
            seen = gate.fingerprint(self.home, self.reference)
            seen[gate.OBLIGATIONS] = read_obligations(self.con, self.home, self.reference, self.as_of).digest
            if again := replayed():
                again.saw(seen)
                noted = again.night
                self.learn(ended_at=noted.ended_at)
                args = (noted.fingerprint, noted.started_at, noted.inputs)
            else:
                args = (seen, self.started_at, keep_inputs(self.home, self.reference))
            self._night = begin_night(self.con, self.home, self.as_of, *args)
        return replace(self._night, **self._learned)

    def learn(self, **facts: Any) -> None:
        """Fill in what a step learned of the night (records_new, records_changed, model_version, …)."""
        self._learned.update(facts)


class HomeResource(dg.ConfigurableResource):
    """A county's home, for the length of one run, under the home's lock.

    Attributes:
        root: the home's folder; blank for ROLLCALL_HOME.
        as_of: the last day whose arrivals are seen; blank for today.
        again: run the whole night even where there is nothing new.
    """

    root: str = ""
    as_of: str = ""
    again: bool = False
    _run: Run | None = PrivateAttr(default=None)

    @property
    def run(self) -> Run:
        """What runs on it now."""
        if self._run is None:
            raise RuntimeError("no run has started")
        return self._run

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator["HomeResource", None, None]:
        """Take the lock and look at the day; what is wrong becomes a sentence that Dagster may store."""
        with ExitStack() as stack:
            failure = None
            try:
                home = Home(self.root or None)
                as_of = dt.date.fromisoformat(self.as_of) if self.as_of else gate.clock_day(home)
                home.make_folders()
                stack.enter_context(holding(home))
                gate.check_day(home, as_of)
                self._run = Run(home, as_of, dt.datetime.now(dt.UTC))
                self._run.is_idle = self._is_whole_night(context) and not self._is_anything_new(self._run)
                if self._is_entire(context) and not self._run.is_idle:
                    for folder in (home.archive, home.warehouse, home.state):
                        close_to_others(folder)
                    unfinished.begin(home)
            except RollcallError as error:
                failure = str(error)
            except ValueError:
                failure = "as_of is no date. Write it as 2024-01-31."
            # raised outside the handler, so that no cause goes along
            if failure:
                raise dg.Failure(failure, allow_retries=False)
            yield self
            self._run = None

    def _is_whole_night(self, context: dg.InitResourceContext) -> bool:
        """Whether the gate is to be asked: not of chosen assets, nor where somebody wants them made again."""
        run = context.run
        return bool(run and run.job_name == NIGHT and not run.asset_selection and not self.again)

    def _is_entire(self, context: dg.InitResourceContext) -> bool:
        """Whether every step of a night is run, so that it may begin where the last completed one ended."""
        run = context.run
        if run is None or run.job_name not in WHOLE:
            return False
        return not run.asset_selection and not RESUMED & run.tags.keys()

    def _is_anything_new(self, run: Run) -> bool:
        """Ask the gate under the lock: what asked for this run may have been done by the run before it."""
        found = gate.look(run.home, run.as_of)
        if not found.is_new:
            gate.note_nothing_new(run.home, found, run.as_of, run.started_at)
        return found.is_new
