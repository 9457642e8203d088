"""The Spark job: tables in, statements one after another, pairs out; a program with an environment of its own.

Belongs here: running what an order says. Does not: any statement of linkage (`linkage/pairs/spark_engine.py` writes
them). It imports nothing of rollcall, so that a cluster needs this one file; it prints nothing but into its log, since
what an engine says of an error may quote a cell.

    job.py ORDER    run it; reports through Dagster Pipes where a run of Dagster's started it
    job.py --check  say by the exit status whether it could run: 0, or one of the two below
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

NO_PACKAGES, NO_JAVA = 3, 4
OLDEST_PYSPARK, OLDEST_JAVA = 4, 17


def missing() -> int:
    """0 where the job could run, else the exit status that says what is absent."""
    try:
        import dagster_pipes  # noqa: F401
        import pyspark
    except ImportError:
        return NO_PACKAGES
    if int(pyspark.__version__.split(".")[0]) < OLDEST_PYSPARK:
        return NO_PACKAGES
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    try:
        said = subprocess.run([java or "java", "-version"], capture_output=True, text=True, check=False).stderr
    except OSError:
        return NO_JAVA
    version = re.search(r'version "(\d+)', said)
    return 0 if version and int(version[1]) >= OLDEST_JAVA else NO_JAVA


def run(order: dict[str, Any]) -> int:
    """Run the statements, each on the tables before it, and write the rows of each as Parquet.

    Returns:
        the number of rows of the last.
    """
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("rollcall linkage")
    for key, value in order["configuration"].items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    try:
        for name, path in order["inputs"].items():
            spark.read.parquet(path).createOrReplaceTempView(name)
        rows = 0
        for name, statement in order["statements"].items():
            # each worked out once and planned for itself: Spark takes too long to plan them all as one
            path = order["outputs"][name]
            spark.sql(statement).write.parquet(path)
            made = spark.read.parquet(path)
            made.createOrReplaceTempView(name)
            rows = made.count()
        return rows
    finally:
        spark.stop()


def main(arguments: list[str]) -> int:
    """Run the order, or check; returns the exit status."""
    if arguments == ["--check"]:
        return missing()
    order = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    # the Java machine inherits both
    os.dup2(log, 1)
    os.dup2(log, 2)
    from dagster_pipes import open_dagster_pipes

    with open_dagster_pipes() as pipes:
        rows = None
        try:
            rows = run(order)
        except Exception:
            traceback.print_exc()
        # an error that passed through here would be told to Dagster with what it quotes
        if rows is not None:
            pipes.report_custom_message({"pairs": rows})
    return 1 if rows is None else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
