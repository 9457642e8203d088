"""Running a command that must need no network: sockets refuse, and the kernel has none where that may be had."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

GUARD = Path(__file__).parent / "no_network"
_UNSHARE = ("unshare", "--map-root-user", "--net")


@cache
def kernel_s_own() -> tuple[str, ...]:
    """The words before a command that leave it without any network; none where the kernel does not let us."""
    if shutil.which("unshare") is None:
        return ()
    return _UNSHARE if subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode == 0 else ()


def guarded_environment() -> dict[str, str]:
    """The environment in which every Python process refuses to connect, bind or look up a name."""
    path = os.pathsep.join(part for part in (str(GUARD), os.environ.get("PYTHONPATH", "")) if part)
    return os.environ | {"PYTHONPATH": path}
