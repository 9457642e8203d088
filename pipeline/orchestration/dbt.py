"""How dbt is called: its variables, its environment, its manifest, and what a call reported. The one place.

No Dagster here: the command line and tests use this too. Which models become which assets is in `assets/dbt_models.py`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pipeline.accountability.vocabulary import Measure
from pipeline.checks.expectations import load_checks
from pipeline.contracts import load_feeds
from pipeline.errors import RollcallError
from pipeline.home import SHIPPED, Home
from pipeline.warehouse import settings_of
from pipeline.whole_files import make_folder

DBT_PROJECT = SHIPPED / "dbt_project"
BEFORE_LINKAGE, AFTER_LINKAGE = "tag:before_linkage", "tag:after_linkage"
SECRET = "DBT_ENV_SECRET_ROLLCALL_KEY"
# of dbt's project, what decides the manifest; the rest is what dbt itself leaves behind
_LEFT_BEHIND = {"target", "logs", "dbt_packages"}
_SOURCES = {".sql", ".yml", ".yaml", ".csv", ".md"}
# dbt, that ends with the night that called it: one that went on would hold the warehouse against the next night
# (prctl(2), PR_SET_PDEATHSIG; Linux only, elsewhere the next night waits for it)
_DBT = f"""\
import ctypes, runpy, sys
if hasattr(ctypes.CDLL(None), "prctl"):
    ctypes.CDLL(None).prctl(1, {int(signal.SIGKILL)})
runpy.run_module("dbt.cli.main", run_name="__main__", alter_sys=True)
"""


@cache
def _row_checks() -> list[dict[str, str | None]]:
    """Every check of a cell, by feed: its code, the column it is shown at, and what a failure counts against."""
    return [
        {"feed": feed.feed, "code": check.code, "column": check.column, "rule": check.rule}
        for feed in load_feeds().values()
        for check in load_checks(feed).checks
        if check.severity == "row"
    ]


def dbt_vars() -> dict[str, list]:
    """What dbt is told of the contracts and expectations: an entry a register, an entry a check, in their order."""
    return {
        "registers": [
            {
                "feed": feed.feed,
                "agency": feed.agency,
                "kind": feed.kind,
                "catchment": feed.catchment,
                "model": f"stg_{feed.agency}__{feed.feed}",
            }
            for feed in load_feeds().values()
        ],
        "row_checks": _row_checks(),
        "measures": [measure.value for measure in Measure],
    }


def environment(home: Home) -> dict[str, str]:
    """What `profiles.yml` reads, for one home."""
    limits = settings_of(home)
    # dbt itself leaves variables of this name out of all that it writes
    sealed = {SECRET: home.key.of_warehouse, "ROLLCALL_DBT_EXTENSIONS": str(home.extensions)} if home.key else {}
    return {
        "ROLLCALL_DBT_WAREHOUSE": str(home.warehouse_file),
        "ROLLCALL_DBT_THREADS": str(limits["threads"]),
        "ROLLCALL_DBT_MEMORY": str(limits["memory_limit"]),
        "ROLLCALL_DBT_TEMPORARY": str(limits["temp_directory"]),
        "ROLLCALL_DBT_TIMEZONE": home.settings.timezone,
        **sealed,
    }


def _target(home: Home | None) -> str:
    """Which of the profile's targets a home is: in clear or under a key."""
    return "sealed" if home is not None and home.key else "home"


def command(*arguments: str, target: Path) -> list[str]:
    """A full dbt command that needs no working folder, no search path and no network."""
    return [
        sys.executable, "-P", "-c", _DBT, "--quiet", "--no-version-check", "--no-send-anonymous-usage-stats",
        # the file would repeat every statement, at a tenth of the call's time
        "--log-level-file", "warn",
        *arguments,
        "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
        "--target-path", str(target), "--log-path", str(target), "--vars", json.dumps(dbt_vars()),
    ]  # fmt: skip


@dataclass(frozen=True)
class NodeResult:
    """What became of one model or test. `failures` is a count of rows; dbt's message is not kept, it may quote them."""

    unique_id: str
    status: str
    seconds: float
    failures: int

    @property
    def is_ok(self) -> bool:
        """Built or passed; a warning counts as passed with something to say."""
        return self.status in ("success", "pass", "warn")

    @property
    def name(self) -> str:
        """The node's own name, for a sentence."""
        return self.unique_id.split(".")[2]


def build(home: Home, select: Iterable[str]) -> list[NodeResult]:
    """Run `dbt build` on a home's warehouse, which nobody else may hold open.

    dbt's own output is not shown: an error message of the engine may quote a cell. It stays in `warehouse/dbt`.

    Returns:
        One result per model and test, in the order in which dbt ran them.

    Raises:
        RollcallError: dbt could not start, or its project cannot be parsed.
    """
    make_folder(home.dbt_target)
    # without this, dbt would parse the whole project again for every home
    _copy_if_absent(manifest_path().parent / "partial_parse.msgpack", home.dbt_target / "partial_parse.msgpack")
    results = home.dbt_target / "run_results.json"
    results.unlink(missing_ok=True)
    subprocess.run(
        # unit tests are of the program, not of a night: `make test` runs them
        command(
            "build",
            "--target",
            _target(home),
            "--exclude-resource-type",
            "unit_test",
            "--select",
            *select,
            target=home.dbt_target,
        ),
        env={**os.environ, **environment(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if not results.exists():
        raise RollcallError(
            "dbt ended before it ran a model.", f"Read {home.dbt_target / 'dbt.log'} (restricted) for the reason."
        )
    return [
        NodeResult(row["unique_id"], row["status"], row["execution_time"], row["failures"] or 0)
        for row in json.loads(results.read_text(encoding="utf-8"))["results"]
    ]


def _copy_if_absent(source: Path, target: Path) -> None:
    if source.exists() and not target.exists():
        shutil.copyfile(source, target)


def project_digest() -> str:
    """SHA-256 of everything that decides the manifest: dbt's project files, its variables, its version."""
    digest = hashlib.sha256(f"{version('dbt-core')} {version('dbt-duckdb')} {json.dumps(dbt_vars())}".encode())
    for path in sorted(DBT_PROJECT.rglob("*")):
        relative = path.relative_to(DBT_PROJECT)
        if path.suffix in _SOURCES and relative.parts[0] not in _LEFT_BEHIND:
            digest.update(str(relative).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def manifest_path() -> Path:
    """Where the project's manifest lies: beside the project, or in the user's cache where that cannot be written.

    It depends on no home, so that definitions load without one.
    """
    target = DBT_PROJECT / "target"
    try:
        target.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=target):
            pass
    except OSError:
        target = Path.home() / ".cache" / "rollcall" / "dbt"
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
    return target / "manifest.json"


class ManifestPreparation:
    """A `dbt parse` under way, or nothing to do; begun early, awaited where the manifest is needed.

    Args:
        home: whose environment dbt sees. The manifest does not depend on it, but dbt reads the project anew where its
            environment is not the one of its last reading: a first night need not, when it is parsed for its home.
    """

    def __init__(self, home: Home | None = None) -> None:
        self.manifest = manifest_path()
        self._digest = project_digest()
        self._mark = self.manifest.with_name("manifest.sha256")
        self._process: subprocess.Popen | None = None
        if not self.manifest.exists() or not self._mark.exists() or self._mark.read_text() != self._digest:
            self._folder = Path(tempfile.mkdtemp(prefix=".parse-", dir=self.manifest.parent))
            # parsing reads no data, so what it prints may be kept and shown
            with open(self._folder / "parse.log", "wb") as log:
                self._process = subprocess.Popen(
                    command("parse", "--target", _target(home), target=self._folder),
                    env={**os.environ, **(environment(home) if home else {})},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )

    def wait(self) -> Path:
        """The manifest's path, once it is there and new.

        Raises:
            RollcallError: dbt cannot parse the project.
        """
        if self._process is None:
            return self.manifest
        try:
            if self._process.wait() != 0:
                log = self.manifest.with_name("parse.log")
                _replace(self._folder / "parse.log", log)
                raise RollcallError("dbt cannot parse dbt_project/.", f"Read {log} for the reason.")
            for name in ("partial_parse.msgpack", "manifest.json"):
                _replace(self._folder / name, self.manifest.with_name(name))
            self._mark.write_text(self._digest)
        finally:
            self._process = None
            shutil.rmtree(self._folder, ignore_errors=True)
        return self.manifest


def _replace(source: Path, target: Path) -> None:
    if source.exists():
        os.replace(source, target)


def prepare_manifest() -> Path:
    """Parse the project where its manifest is absent or older than what it is made from; return its path."""
    return ManifestPreparation().wait()
