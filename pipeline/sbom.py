"""A bill of materials of what the lock holds, as CycloneDX JSON: names, versions, hashes, licences, who needs whom.

Belongs here: reading `requirements.lock` and the metadata of what is installed. Does not: whether that is what is
locked (`orchestration/doctor.py`), or known vulnerabilities (`make audit`, which needs a network).

Source: CycloneDX 1.6 (ECMA-424); package URLs, purl-spec; licence expressions, SPDX and PEP 639.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.errors import RollcallError
from pipeline.home import SHIPPED

LOCK = SHIPPED / "requirements.lock"
SPEC = "1.6"
_NAME = "rollcall"
# a locked package: name, version, and the marker that says which machines need it
PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(?:\s*;\s*([^\\]+))?", re.M)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_VIA = re.compile(r"^    #(?: via)?\s+(?P<name>[A-Za-z0-9_.-]+)(?:\[[^\]]*\])?(?: \(pyproject\.toml\))?\s*$")
# a licence field that holds a whole text is no name of a licence
_LONGEST_NAME = 120
_CLASSIFIER = "License :: "


@dataclass(frozen=True)
class Locked:
    """A package of the lock. `hashes`: SHA-256 of each file that may be installed; `needed_by`: names of packages."""

    name: str
    version: str
    hashes: tuple[str, ...]
    needed_by: tuple[str, ...]

    @property
    def purl(self) -> str:
        """The package's URL: its kind, name and version, and no registry."""
        return f"pkg:pypi/{normalised(self.name)}@{self.version}"


def normalised(name: str) -> str:
    """A package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(path: Path = LOCK) -> list[Locked]:
    """Every package of the lock, in its order.

    Raises:
        RollcallError: the lock is absent, or holds a package without a hash.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise RollcallError(f"{path} cannot be read ({type(error).__name__}).", "Install rollcall again.") from None
    found: list[Locked] = []
    for block in _blocks(lines):
        pin = PIN.match(block[0])
        if pin is None:
            continue
        hashes = tuple(_HASH.findall("\n".join(block)))
        if not hashes:
            raise RollcallError(f"{path}: {pin[1]} has no hash.", "Make the lock again: make lock")
        needed_by = tuple(normalised(via["name"]) for line in block if (via := _VIA.match(line)))
        found.append(Locked(pin[1], pin[2], hashes, needed_by))
    return found


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """A package's line with those that belong to it: its hashes, and the remarks on who needs it."""
    block: list[str] = []
    for line in lines:
        if line[:1].isalnum():
            if block:
                yield block
            block = [line]
        elif block:
            block.append(line)
    if block:
        yield block


def bill_of_materials(path: Path = LOCK) -> dict[str, Any]:
    """The lock as a CycloneDX document; the same lock and installation give the same document.

    Licences are those that the installed packages declare; a package of the lock that this machine does not need, and
    so does not have, has none.

    Raises:
        RollcallError: the lock cannot be read.
    """
    locked = read_lock(path)
    own = f"pkg:pypi/{_NAME}@{__version__}"
    refs = {normalised(package.name): package.purl for package in locked} | {_NAME: own}
    needs: dict[str, list[str]] = {ref: [] for ref in [own, *(package.purl for package in locked)]}
    for package in locked:
        for name in package.needed_by:
            if name in refs:
                needs[refs[name]].append(package.purl)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        # of the lock: another lock has another number, the same one the same
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{own}#{digest}')}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": own, "name": _NAME, "version": __version__, "purl": own,
            },
            "properties": [{"name": "rollcall:lock:sha256", "value": digest}],
        },
        "components": [_component(package) for package in locked],
        "dependencies": [
            {"ref": ref, "dependsOn": sorted(each)} if each else {"ref": ref} for ref, each in needs.items()
        ],
    }  # fmt: skip


def _component(package: Locked) -> dict[str, Any]:
    licences = _licences(package)
    return {
        "type": "library",
        "bom-ref": package.purl,
        "name": normalised(package.name),
        "version": package.version,
        "purl": package.purl,
        **({"licenses": licences} if licences else {}),
        # one of these files is installed, whichever fits the machine: each is what the lock says or pip refuses it
        "externalReferences": [
            {
                "type": "distribution",
                "url": package.purl,
                "comment": "SHA-256 of each file that may be installed",
                "hashes": [{"alg": "SHA-256", "content": content} for content in package.hashes],
            }
        ],
    }


def _licences(package: Locked) -> list[dict[str, Any]]:
    """What the installed package says of its licence: an SPDX expression, else names."""
    try:
        said = importlib.metadata.distribution(package.name).metadata
    except importlib.metadata.PackageNotFoundError:
        return []
    # typeshed knows the message by its getters alone
    message: Message = said  # type: ignore[assignment]
    if expression := message.get("License-Expression"):
        return [{"expression": expression}]
    # "OSI Approved" alone names none
    names = [
        line.rpartition(" :: ")[2]
        for line in message.get_all("Classifier", [])
        if line.startswith(_CLASSIFIER) and line.count(" :: ") > 1
    ]
    if not names and (text := (message.get("License") or "").strip()):
        names = [text] if len(text) <= _LONGEST_NAME and "\n" not in text else []
    return [{"license": {"name": name}} for name in dict.fromkeys(names)]
