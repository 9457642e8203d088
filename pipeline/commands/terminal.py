"""What every command has alike: the home's option, progress on stderr, tables on stdout, and how an error ends it."""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="The county's folder. Default: $ROLLCALL_HOME, else data/.", show_default=False),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="See only what had arrived by the end of this day (2024-01-31).",
        show_default=False,
    ),
]

FAILED = 1
# characters of a line where no terminal says how many it has
WIDE = 200
# in a file or a pipe nothing is cut off
output = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
state = {"debug": False}


def messages() -> Console:
    """The console for progress and sentences: a copy of stderr, so that a library that redirects it is not heard."""
    return _messages()


@functools.cache
def _messages() -> Console:
    try:
        file = os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="replace")
    except (OSError, ValueError, AttributeError):
        # under a test runner stderr is no file
        return Console(stderr=True, highlight=False, width=WIDE)
    return Console(file=file, highlight=False, width=None if file.isatty() else WIDE)


def example(*lines: str) -> str:
    """The end of a command's help: how it is typed."""
    return "Example:\n\n" + "\n\n".join(f"    {line}" for line in lines)


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command end as its reader expects: one sentence and exit status 1 or 2, never a trace with values."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        from pipeline.errors import RollcallError

        try:
            return command(*args, **kwargs)
        except RollcallError as error:
            messages().print(str(error), style="red", markup=False, soft_wrap=True)
            _trace(error)
            raise typer.Exit(error.exit_status) from None
        except (typer.Exit, typer.Abort):
            raise
        except KeyboardInterrupt:
            messages().print("Stopped. What was published before stands; run it again to go on.", style="red")
            raise typer.Exit(FAILED) from None
        except Exception as error:
            _unexpected(command.__name__, error, kwargs.get("home"))
            raise typer.Exit(FAILED) from None

    return run


def restricted(command: Callable[..., Any]) -> Callable[..., Any]:
    """A guarded command that shows people or decides about them: who runs it is noted before it does anything."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        from pipeline.audit import note_use
        from pipeline.home import Home

        home = Home(kwargs.get("home"))
        # of a folder that is no home the command itself says so
        if home.casework.is_dir():
            note_use(home, _full_name(command), {word: value for word, value in kwargs.items() if word != "home"})
        return command(*args, **kwargs)

    return guarded(run)


def _full_name(command: Callable[..., Any]) -> str:
    """A command as it is typed; one of a group, whose module has the group, comes after the group's name. A function of
    a module of several groups has the group in its own name: `archive_expire`.
    """
    module = command.__module__
    group = f"{module.rpartition('.')[2]} " if hasattr(sys.modules[module], "app") else ""
    return f"rollcall {group}{command.__name__.rstrip('_').replace('_', ' ')}"


def _unexpected(step: str, error: Exception, root: Path | None) -> None:
    from pipeline.home import Home
    from pipeline.orchestration.nights import failures

    home = Home(root)
    said = f"The command failed in {failures.sentence(error, step)}"
    try:
        failures.note(home, error, step)
        said += f" Where it went through the code is in {home.failures_file}."
    except OSError:
        pass
    messages().print(said, style="red", markup=False, soft_wrap=True)
    _trace(error)


def _trace(error: BaseException) -> None:
    if state["debug"]:
        from pipeline.orchestration.nights import failures

        for place in failures.places(error):
            messages().print(f"  {place}", style="dim", markup=False)


class Steps:
    """Draws the steps of a night: the one that runs with a spinner, each that ended with its counts and time."""

    def __init__(self) -> None:
        self.console = messages()
        self._live: Any = None
        self._began = time.monotonic()

    def began(self, step: str) -> None:
        """Show the step as running."""
        self._stop()
        if self.console.is_terminal:
            from rich.live import Live
            from rich.spinner import Spinner

            self._live = Live(Spinner("dots", step), console=self.console, transient=True, refresh_per_second=8)
            self._live.start()

    def ended(self, step: str, seconds: float, said: str) -> None:
        """Leave a line for the step."""
        self._stop()
        self.console.print(f"[green]✓[/] {step}  [dim]{said}{'  ' if said else ''}{seconds:.1f} s[/]", soft_wrap=True)

    def failed(self, step: str, seconds: float) -> None:
        """Leave a line for the step that failed."""
        self._stop()
        self.console.print(f"[red]✗[/] {step}  [dim]{seconds:.1f} s[/]", soft_wrap=True)

    @property
    def seconds(self) -> float:
        """Since this was made."""
        return time.monotonic() - self._began

    def _stop(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None


@contextmanager
def warehouse(root: Path | None) -> Iterator[DuckDBPyConnection]:
    """A home's warehouse to read from, as the last night left it.

    Raises:
        UsageError: no night has run there yet.
    """
    from pipeline.errors import UsageError
    from pipeline.home import Home
    from pipeline.warehouse import open_warehouse

    home = Home(root)
    home.make_folders()
    if not home.warehouse_file.exists():
        raise UsageError(f"No night has run on {home.root} yet.", f"Run one: rollcall run --home {home.root}")
    with open_warehouse(home, read_only=True) as con:
        yield con


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "None.") -> None:
    """Print a table to stdout; a sentence where there are no rows."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    lines = list(rows)
    if not lines:
        output.print(empty)
        return
    drawn = Table(*columns, title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for line in lines:
        drawn.add_row(*("" if cell is None else str(cell) for cell in line))
    output.print(drawn)


def day(text: str | None) -> Any:
    """A date from the command line.

    Raises:
        UsageError: it is none.
    """
    import datetime as dt

    from pipeline.errors import UsageError

    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no date.", "Write it as 2024-01-31.") from None
