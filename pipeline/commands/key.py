"""`rollcall key`: a key for a home, and everything of the home encrypted under another one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.terminal import HomeOption, example, guarded, messages, output, restricted

app = typer.Typer(no_args_is_help=True, help="The key that the archive and the warehouse are encrypted under.")
# files after which a long change says how far it is
_TOLD_EVERY = 1_000


@app.command(epilog=example("rollcall key make /etc/rollcall/county.key"))
@guarded
def make(
    file: Annotated[Path, typer.Argument(help="A file that is not there yet, outside the home.")],
    home: HomeOption = None,
) -> None:
    """Make a key of 32 random bytes in a file that only its owner reads. Whoever loses it loses the home."""
    from pipeline.errors import UsageError
    from pipeline.home import Home
    from pipeline.keys import make_key

    path, root = file.expanduser().resolve(), Home(home).root
    if path.is_relative_to(root):
        raise UsageError(f"{path} would lie in the home that it opens.", "Name a file outside of it.")
    key = make_key(path)
    messages().print(f"Key {key.identifier}. Keep a copy of it apart from the home and from the home's backups.")
    messages().print(f"A new home: export ROLLCALL_KEY_FILE={path}", soft_wrap=True, markup=False)
    messages().print(f"A home with nights: rollcall key rotate --to {path}", soft_wrap=True, markup=False)
    output.print(str(path), soft_wrap=True, markup=False)


@app.command(epilog=example("rollcall key rotate --home county --to /etc/rollcall/new.key"))
@restricted
def rotate(
    to: Annotated[Path, typer.Option("--to", help="The file of the new key.", show_default=False)],
    home: HomeOption = None,
) -> None:
    """Encrypt the archive and the warehouse under another key; a home in clear gets its first one.

    ROLLCALL_KEY_FILE names the old key, or nothing for a home in clear. Cut off, it is run again in the same way.
    """
    from pipeline.home import Home
    from pipeline.orchestration.runs.rotation import rotate as encrypt_anew

    def told(done: int, of: int) -> None:
        if done % _TOLD_EVERY == 0:
            messages().print(f"{done:,} of {of:,} files")

    done = encrypt_anew(Home(home), to, told=told)
    messages().print(f"{done.files:,} files and {done.databases:,} databases lie under key {done.key.identifier} now.")
    messages().print(f"From now on: export ROLLCALL_KEY_FILE={to.expanduser().resolve()}", soft_wrap=True, markup=False)
    messages().print("Keep the old key as long as backups are kept that were made under it.")
