"""A home's key: reading it from its file, making one, and sealing bytes under it (AES-256-GCM).

Belongs here: what can be said of a key without a home. Does not: what of a home is sealed (`encryption.py`).

A key is 32 random bytes. Nothing is sealed under it itself: the warehouse and the archive have each a key of their own,
derived by HMAC-SHA-256 (HKDF-Expand, RFC 5869), and so has the identifier by which a key is told from another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import RollcallError, UsageError
from pipeline.whole_files import RESTRICTED_MODE, sync_folders

KEY_BYTES = 32
# how a sealed file begins; then the key's identifier, a nonce, and what was sealed
MAGIC = b"rollcall sealed 1\n"
_ID_BYTES, _NONCE_BYTES = 8, 12
HEADER_BYTES = len(MAGIC) + _ID_BYTES
_HEX, _BASE64 = re.compile(r"[0-9a-fA-F]{64}"), re.compile(r"[A-Za-z0-9+/_-]{43}=?")


@dataclass(frozen=True, repr=False)
class Key:
    """A home's key. Its bytes are shown nowhere: `identifier` is what may be told."""

    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.identifier})"

    @property
    def identifier(self) -> str:
        """16 hexadecimal digits that tell this key from another and say nothing of it."""
        return self._derived("identifier")[:_ID_BYTES].hex()

    @property
    def of_warehouse(self) -> str:
        """What DuckDB is given."""
        return self._derived("warehouse").hex()

    def seal(self, data: bytes, name: str) -> bytes:
        """Bytes as they are kept: opened again only under this key, and only under this name."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        header, nonce = MAGIC + bytes.fromhex(self.identifier), secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._derived("archive")).encrypt(nonce, data, header + name.encode())
        return header + nonce + sealed

    def open(self, sealed: bytes, name: str) -> bytes:
        """What was sealed.

        Raises:
            RollcallError: a bit of it was changed, or it was sealed under another name.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        header, rest = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
        try:
            return AESGCM(self._derived("archive")).decrypt(
                rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], header + name.encode()
            )
        except (InvalidTag, ValueError):
            raise RollcallError(
                f"The archive's file {name} is not as it was sealed.",
                "Restore it from a backup; see: rollcall archive verify",
            ) from None

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self.secret, f"rollcall {purpose}\x01".encode(), hashlib.sha256)


def sealed_under(path: Path) -> str | None:
    """The identifier of the key that a file named by its hash is sealed under; None where it lies in clear."""
    with open(path, "rb") as file:
        header = file.read(HEADER_BYTES)
        if not header.startswith(MAGIC) or len(header) < HEADER_BYTES:
            return None
        file.seek(0)
        # what a unit sent may begin in this way too: then it is what its name says
        is_clear = hashlib.file_digest(file, "sha256").hexdigest() == path.stem
    return None if is_clear else header[len(MAGIC) :].hex()


def read_key(path: Path) -> Key:
    """The key of a file: 64 hexadecimal digits, or base64.

    Raises:
        UsageError: the file cannot be read or holds no key.
    """
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        raise UsageError(
            f"The key file {path} cannot be read.", "Name the file of the home's key in ROLLCALL_KEY_FILE."
        ) from None
    if _HEX.fullmatch(text):
        return Key(bytes.fromhex(text))
    if _BASE64.fullmatch(text):
        secret = base64.b64decode(text.rstrip("=").replace("-", "+").replace("_", "/") + "=")
        if len(secret) == KEY_BYTES:
            return Key(secret)
    raise UsageError(
        f"{path} holds no key: a key is {KEY_BYTES} bytes, as 64 hexadecimal digits or as base64.",
        "Make one with: rollcall key make FILE",
    )


def make_key(path: Path) -> Key:
    """Write a new key into a file that is not there yet, its owner's alone.

    Raises:
        UsageError: the file is there, or cannot be written.
    """
    key = Key(secrets.token_bytes(KEY_BYTES))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, RESTRICTED_MODE)
    except FileExistsError:
        raise UsageError(f"{path} is there already; a key is never written over.", "Name another file.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}).", "Name a file that can be.") from None
    with open(handle, "wb") as file:
        file.write(key.secret.hex().encode() + b"\n")
        file.flush()
        os.fsync(handle)
    sync_folders([path.resolve().parent])
    return key
