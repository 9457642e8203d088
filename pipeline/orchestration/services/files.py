"""Files for the machine's administrator: made from templates, written into a folder, installed by nobody but them.

Belongs here: how a path or a name is written in each kind of file. Does not: what the files say.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.errors import RollcallError, UsageError
from pipeline.home import Home
from pipeline.whole_files import OFFICE_MODE, write_whole

_TEMPLATES = Path(__file__).parent


def write_files(home: Home, out: Path, templates: Mapping[str, str], **values: Any) -> list[Path]:
    """Fill templates in and write them into a folder.

    Args:
        home: the county's home; none of its folders may be the one that is written.
        out: the folder; files of these names in it are replaced, others are left.
        templates: the template's name by the file's.

    Raises:
        UsageError: the folder is a file, or one of the home's.
        RollcallError: it cannot be written.
    """
    target = out.expanduser().resolve()
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target} is a file.", "Give a folder with --out.")
    if target == home.root or any(target.is_relative_to(folder) for folder in home.own_folders):
        raise UsageError(f"{target} is a folder of the home.", "Give another one with --out.")
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True
    )
    environment.filters.update(systemd=systemd, command=command, sshd=sshd, fstab=fstab)
    texts = {
        name: environment.get_template(template).render(home=home, **values) for name, template in templates.items()
    }
    try:
        return [write_whole(target / name, text, OFFICE_MODE) for name, text in texts.items()]
    except OSError as error:
        raise RollcallError(
            f"{target} cannot be written ({error.strerror or type(error).__name__}).", "Give another folder with --out."
        ) from error


def systemd(path: object) -> str:
    """A path or a value of a systemd unit: in quotes, with what systemd would read as its own escaped."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"'


def command(path: object) -> str:
    """The same on a command line of a unit, where a dollar stands for a variable too."""
    return systemd(path).replace("$", "$$")


def sshd(path: object) -> str:
    """A path in sshd_config, where a per cent sign stands for an account's facts."""
    text = str(path).replace("%", "%%")
    return f'"{text}"'


def fstab(path: object) -> str:
    """A path in fstab, where a blank ends it."""
    return str(path).replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011")
