"""The home of a county: every path. Nothing else reads the environment.

Not here: settings (`pipeline/settings/`), units, divisions and holidays (`reference.py`), and anything that opens the
warehouse.
"""

from __future__ import annotations

import datetime as dt
import os
from functools import cached_property
from pathlib import Path

from pipeline.contracts import Due
from pipeline.errors import UsageError
from pipeline.keys import Key, read_key
from pipeline.settings import CountySettings, read_county_yaml
from pipeline.whole_files import OFFICE_FOLDER, make_folder

DEFAULT_HOME = Path("data")
PROJECT = Path(__file__).resolve().parent.parent
IS_CHECKOUT = (PROJECT / "dbt_project").is_dir()
# dbt_project/, expectations/, requirements.lock, workspace.yaml: beside the package, or in it where it came as a wheel
SHIPPED = PROJECT if IS_CHECKOUT else Path(__file__).resolve().parent / "shipped"


class Home:
    """A county's folder: its paths and its settings.

    Args:
        root: the folder; None takes ROLLCALL_HOME, or `data/` of the checkout, or of the working folder without one.
    """

    def __init__(self, root: Path | str | None = None) -> None:
        chosen = root or os.environ.get("ROLLCALL_HOME") or (PROJECT if IS_CHECKOUT else Path.cwd()) / DEFAULT_HOME
        named = os.environ.get("ROLLCALL_KEY_FILE")
        # the file of the key that the home lies under; None for a home in clear
        self.key_file = Path(named).expanduser().resolve() if named else None
        self.root = Path(chosen).expanduser().resolve()
        self.reference = self.root / "reference"
        self.landing = self.root / "landing"
        self.archive = self.root / "archive"
        self.warehouse = self.root / "warehouse"
        self.published = self.root / "published"
        self.public = self.root / "public"
        self.casework = self.root / "casework"
        self.reports = self.root / "reports"
        self.state = self.root / "state"

        self.county_yaml = self.reference / "county.yaml"
        self.warehouse_file = self.warehouse / "warehouse.duckdb"
        self.ledger_file = self.archive / "ledger.jsonl"
        self.nights_file = self.archive / "nights.jsonl"
        self.approvals_file = self.archive / "approvals.jsonl"
        self.current_marts = self.published / "current.duckdb"
        self.bulletins = self.reports / "bulletins"
        # what the office reads first
        self.front_page = self.reports / "index.html"
        self.metrics_file = self.reports / "metrics.prom"
        self.outgoing = self.casework / "outgoing"
        self.returned = self.casework / "returned"
        # apart from outgoing/, which goes to the units: these workbooks stay in the office
        self.review = self.casework / "review"
        self.verification = self.casework / "verification"
        self.audit_file = self.casework / "audit.jsonl"
        self.secret_file = self.state / "pseudonym.secret"
        self.lock_file = self.state / "night.lock"
        # there while the key is being changed
        self.rotation_file = self.state / "key_rotation.json"
        self.failures_file = self.state / "failures.jsonl"
        self.extensions = self.state / "extensions"
        self.temporary = self.state / "tmp"
        self.dagster = self.state / "dagster"
        # here and not in state/: what an engine says of an error may quote a cell
        self.dbt_target = self.warehouse / "dbt"
        self.models = self.archive / "models"

    def __repr__(self) -> str:
        return f"Home({str(self.root)!r})"

    def under(self, key_file: Path | None) -> Home:
        """The same home, seen with another key, or without one, whatever the environment names."""
        other = Home(self.root)
        other.key_file = key_file.expanduser().resolve() if key_file else None
        return other

    @property
    def restricted(self) -> tuple[Path, ...]:
        """Folders that hold names: created 0700."""
        return (self.archive, self.warehouse, self.casework, self.state)

    @property
    def own_folders(self) -> tuple[Path, ...]:
        """The folders of a home: only rollcall, the county and the units write into them."""
        return (self.reference, self.landing, self.published, self.public, self.reports, *self.restricted)

    def check(self) -> None:
        """Refuse a folder that is no home; changes nothing.

        Raises:
            UsageError: it has no reference/ folder.
        """
        if not self.reference.is_dir():
            raise UsageError(
                f"{self.root} is no home of a county: it has no reference/ folder.",
                "Give the county's folder with --home, or make a synthetic one with: rollcall demo",
            )

    def make_folders(self) -> None:
        """Create what is missing; `reference/` is the county's to give."""
        self.check()
        for folder in self.restricted:
            make_folder(folder)
        for folder in (self.outgoing, self.returned, self.temporary, self.dagster, self.extensions):
            make_folder(folder)
        for folder in (self.landing, self.published, self.public, self.reports):
            make_folder(folder, OFFICE_FOLDER)

    @cached_property
    def settings(self) -> CountySettings:
        """county.yaml, validated.

        Raises:
            ReferenceFileError: names the file, the line and the remedy.
        """
        return read_county_yaml(self.county_yaml)

    @cached_property
    def key(self) -> Key | None:
        """The key that was given; None where none was.

        Raises:
            UsageError: its file cannot be read or holds no key.
        """
        return read_key(self.key_file) if self.key_file else None

    def due(self, feed: str, contracted: Due) -> Due:
        """The feed's due date: the county's override, else the contract's."""
        return self.settings.due.get(feed, contracted)

    def end_of_day(self, day: dt.date) -> dt.datetime:
        """The first instant after `day` in the county's time zone (what arrived before it has arrived by then)."""
        return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), self.settings.zone)

    def today(self) -> dt.date:
        """Today's date in the county's time zone."""
        return dt.datetime.now(self.settings.zone).date()
