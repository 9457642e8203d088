"""The machine: its clock, when nights are missed, its services, and what DuckDB and Spark may use."""

from __future__ import annotations

from pydantic import Field

from pipeline.settings.part import Part


class ClockSettings(Part):
    """How far the machine's clock is believed."""

    most_days_between_nights: int = Field(
        default=92,
        gt=0,
        description="days after the last night from which on today's date must be confirmed with `--as-of`",
    )


class DoctorSettings(Part):
    """When `rollcall doctor --quick` says that something is wrong."""

    most_hours_since_night: float = Field(
        default=26, gt=0, description="hours since a night ended well from which on `rollcall doctor --quick` fails"
    )


class ServiceSettings(Part):
    """What `rollcall service` writes for systemd and sshd."""

    account: str = Field(
        default="rollcall",
        pattern=r"^[a-z_][a-z0-9_-]{0,31}$",
        description="account that runs the nights, and owns the home",
    )
    port: int = Field(default=3_000, ge=1, le=65_535, description="port of Dagster's pages, on this machine alone")
    daemon_memory_mb: int = Field(
        default=8_192,
        gt=0,
        description="MB that a night may hold, DuckDB's included; over it the kernel ends the night",
    )
    webserver_memory_mb: int = Field(default=2_048, gt=0, description="MB that Dagster's pages may hold")
    sftp_folder: str = Field(
        default="/srv/rollcall-sftp", pattern=r"^/.*[^/]$", description="where units' upload folders lie; root's own"
    )
    sftp_prefix: str = Field(
        default="u-", pattern=r"^[a-z_][a-z0-9_-]*$", description="stands before a unit's code in its account's name"
    )


class DuckDBSettings(Part):
    """What DuckDB may use."""

    threads: int = Field(default=2, gt=0, description="threads of a night")
    memory_limit_mb: int = Field(default=4_096, gt=0, description="MB that DuckDB may hold before it spills")


class SparkSettings(Part):
    """How the Spark job is started, where `linkage.engine` is `spark`; docs/scale.md says more."""

    command: tuple[str, ...] = Field(
        default=(".venv-spark/bin/python",),
        min_length=1,
        description="program and options that run the job's file; a path is from the project's folder on",
    )
    master: str = Field(
        default="local[2]", description="Spark's master; blank leaves master, memory and scratch to the command"
    )
    memory_mb: int = Field(default=4_096, gt=0, description="MB that Spark may hold beside DuckDB on a local master")
    partitions: int = Field(default=8, gt=0, description="parts into which Spark divides each join")
