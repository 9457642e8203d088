"""What a night saw beside the ledger, kept so that it can be run again: reference files and the linkage model.

Belongs here: `archive/inputs/`, each file once under the SHA-256 of its bytes, and putting a night's files back into
a home. Does not: which night saw which (`nights/ledger.py` has it in the ledger of nights), or running it again
(`orchestration.rebuild`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.linkage.model.frozen_model import keep_model, model_in_use, read_model
from pipeline.publish.nights.ledger import completed_nights
from pipeline.reference import FILES, Reference, reference_digest
from pipeline.whole_files import OFFICE_FOLDER, make_folder, sync_folders, write_whole

# the model's name among a night's inputs; the others are `reference/<file>`
MODEL = "model"
_REFERENCE = "reference/"


def inputs_folder(home: Home) -> Path:
    """Where they lie: inputs/<aa>/<sha256>.<extension>."""
    return home.archive / "inputs"


def input_path(home: Home, name: str, sha256: str) -> Path:
    """The file of this hash; `name` says what kind of file it is."""
    extension = "json" if name == MODEL else name.rsplit(".", 1)[-1]
    return inputs_folder(home) / sha256[:2] / f"{sha256}.{extension}"


def keep_inputs(home: Home, reference: Reference) -> dict[str, str]:
    """Keep the reference files and the model of a night that has begun; they are on the disk when this returns.

    Returns:
        by name, the SHA-256 of each file; an absent holidays.csv has none.

    Raises:
        RollcallError: a reference file was changed since the night read it.
    """
    found = {name: path.read_bytes() for name in FILES if (path := home.reference / name).exists()}
    if reference_digest(found) != reference.sha256:
        raise RollcallError(
            "A file of reference/ was changed while the night ran.", "Run again: the night then sees it whole."
        )
    files = {f"{_REFERENCE}{name}": data for name, data in found.items()}
    files[MODEL] = model_in_use(home).text.encode()
    kept = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    for name, sha256 in kept.items():
        _write(input_path(home, name, sha256), files[name])
    _sweep(home, kept)
    return kept


def _sweep(home: Home, kept: Mapping[str, str]) -> None:
    """Remove what a night that was cut off left: no completed one names it."""
    known = {name: {sha256} for name, sha256 in kept.items()}
    for night in completed_nights(home):
        for name, sha256 in night.inputs.items():
            known.setdefault(name, set()).add(sha256)
    for path in unknown_inputs(home, known):
        path.unlink()


def put_back(archived: Home, inputs: Mapping[str, str], into: Home) -> None:
    """Put a night's reference files and model from an archive into a home, as they were.

    Raises:
        RollcallError: one of them is absent, not what its name says, or of a model that this program cannot read.
    """
    files = {name: _read(archived, name, sha256) for name, sha256 in inputs.items()}
    make_folder(into.reference, OFFICE_FOLDER)
    for name in FILES:
        path = into.reference / name
        path.unlink(missing_ok=True)
        if (data := files.get(f"{_REFERENCE}{name}")) is not None:
            path.write_bytes(data)
    if MODEL in inputs:
        keep_model(into, read_model(input_path(archived, MODEL, inputs[MODEL])), promote=True)


def unknown_inputs(home: Home, known: Mapping[str, set[str]]) -> Iterator[Path]:
    """Files under inputs/ that no night of the ledger names (`known`: name to hashes)."""
    named = {input_path(home, name, sha256) for name, hashes in known.items() for sha256 in hashes}
    folder = inputs_folder(home)
    yield from (path for path in sorted(folder.glob("*/*")) if path not in named)


def _read(home: Home, name: str, sha256: str) -> bytes:
    path = input_path(home, name, sha256)
    data = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise RollcallError(
            f"{path} is absent or not what its name says.",
            "Restore archive/ from a backup; see: rollcall archive verify",
        )
    return data


def _write(path: Path, data: bytes) -> None:
    if path.exists():
        return
    write_whole(path, data)
    sync_folders([path.parent.parent])
