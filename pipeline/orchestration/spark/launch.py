"""Starting the Spark job: as a process under Dagster Pipes, after a look whether it can run at all.

Belongs here: the command, Spark's configuration, and the sentences where something is absent. Does not: what the job
does (`job.py`), or what it is told to (`linkage/pairs/spark_engine.py`).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import dagster as dg

from pipeline.errors import RollcallError, UsageError
from pipeline.home import PROJECT, Home
from pipeline.orchestration.spark.job import NO_JAVA, NO_PACKAGES, OLDEST_JAVA, OLDEST_PYSPARK

JOB = Path(__file__).with_name("job.py")
# what else may be done about anything that is absent
_OR_ELSE = "or set linkage.engine: duckdb in county.yaml."
# seconds that the look may take: a Python starts and asks a Java for its version
PATIENCE = 120


def log_of(home: Home) -> Path:
    """Where the job's own words go: into a folder of names, since they may quote a cell."""
    return home.warehouse / "spark.log"


def require(home: Home) -> None:
    """See that the job could run, where the county's settings want Spark.

    Raises:
        UsageError: the home has a key; or Java or Spark's environment is absent, and how to get it.
    """
    if home.settings.linkage.engine != "spark":
        return
    if home.key:
        raise UsageError(
            "linkage.engine is spark, which exchanges the linkage input in files that are not encrypted, and this home "
            "has a key.",
            "Set linkage.engine to duckdb in county.yaml.",
        )
    command = _command(home)
    try:
        status = subprocess.run(
            [*command, str(JOB), "--check"], capture_output=True, check=False, timeout=PATIENCE
        ).returncode
    except FileNotFoundError as error:
        raise UsageError(
            f"linkage.engine is spark, and Spark's environment is absent: {command[0]} is no program.",
            f"Make it with: make spark; {_OR_ELSE}",
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(
            f"linkage.engine is spark, and {command[0]} could not be run.", f"Correct spark.command, {_OR_ELSE}"
        ) from error
    if status == NO_JAVA:
        raise UsageError(
            f"linkage.engine is spark, and no Java {OLDEST_JAVA} or later was found.",
            f"Install one (Debian: openjdk-17-jre-headless) or name it in JAVA_HOME, {_OR_ELSE}",
        )
    if status == NO_PACKAGES:
        raise UsageError(
            f"linkage.engine is spark, and {command[0]} has no pyspark {OLDEST_PYSPARK} with dagster-pipes.",
            f"Make Spark's environment with: make spark; {_OR_ELSE}",
        )
    if status:
        raise UsageError(
            f"linkage.engine is spark, and {command[0]} ended with status {status} when asked whether it could run.",
            f"Correct spark.command, {_OR_ELSE}",
        )


def configuration(home: Home, scratch: str) -> dict[str, str]:
    """Spark's configuration from the county's settings; of a cluster's own master nothing local is said."""
    settings = home.settings.spark
    said = {
        "spark.sql.shuffle.partitions": str(settings.partitions),
        "spark.ui.enabled": "false",
        "spark.sql.warehouse.dir": scratch,
    }
    if settings.master:
        said |= {
            "spark.master": settings.master,
            "spark.driver.memory": f"{settings.memory_mb}m",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            # what spills holds names: it stays in the home
            "spark.local.dir": scratch,
            "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={scratch}",
        }
    return said


def prepared(home: Home, order_file: Path) -> list[str]:
    """Write Spark's configuration and the log's place into an order; returns the command that runs it."""
    order = json.loads(order_file.read_text(encoding="utf-8"))
    os.makedirs(order["scratch"], mode=0o700, exist_ok=True)
    order |= {"configuration": configuration(home, order["scratch"]), "log": str(log_of(home))}
    order_file.write_text(json.dumps(order, ensure_ascii=False), encoding="utf-8")
    return [*_command(home), str(JOB), str(order_file)]


def runner(home: Home, context: dg.AssetExecutionContext) -> Callable[[Path], None]:
    """What runs the job on an order's file, as a process that reports to the step under way."""

    def run(order_file: Path) -> None:
        require(home)
        failed = RollcallError(
            "The Spark job failed.", f"What it said is in {log_of(home)}; run the night again, {_OR_ELSE}"
        )
        from dagster._core.errors import DagsterPipesExecutionError

        try:
            dg.PipesSubprocessClient().run(context=context, command=prepared(home, order_file))
        except DagsterPipesExecutionError as error:
            raise failed from error

    return run


def _command(home: Home) -> list[str]:
    first, *rest = home.settings.spark.command
    # a path is the project's; a bare name is looked for as the shell would
    return [str(PROJECT / first) if "/" in first else first, *rest]
