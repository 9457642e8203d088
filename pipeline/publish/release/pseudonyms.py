"""The pseudonyms under which analysts meet children: keyed by a secret of the home that lies outside its archive.

Belongs here: the secret and the keys. Does not: which tables carry them.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import duckdb

from pipeline.errors import RollcallError
from pipeline.home import Home
from pipeline.warehouse import transaction
from pipeline.whole_files import write_whole

SECRET_BYTES = 32
# SHA-256 works on blocks of 64 bytes; HMAC pads its key to one (RFC 2104)
_BLOCK_BYTES, _INNER, _OUTER = 64, 0x36, 0x5C
# 128 of the 256 bits: two of ten million children share a key once in 10^24 counties
KEY_DIGITS = 32


def assign_child_keys(con: duckdb.DuckDBPyConnection, home: Home) -> int:
    """Give every child of `linkage.child_records` that has none its key in `publish.child_keys`.

    The key is the first 32 hexadecimal digits of HMAC-SHA-256 (RFC 2104, FIPS 180-4) of `child_id` under the home's
    secret. It is computed by the engine, a child's key never changes, and a child that is gone keeps its key.

    Returns:
        How many children were new.

    Raises:
        RollcallError: keys were given before and their secret is gone or damaged.
    """
    secret = _secret(home.secret_file, is_in_use=_has_keys(con))
    inner, outer = _pads(secret)
    with transaction(con):
        new = con.execute(
            f"""
            INSERT INTO publish.child_keys
            SELECT child_id, sha256($outer || unhex(sha256($inner || encode(child_id))))[1:{KEY_DIGITS}]
            FROM (SELECT DISTINCT child_id FROM linkage.child_records) AS children
            ANTI JOIN publish.child_keys USING (child_id)
            ORDER BY child_id
            """,
            {"inner": inner, "outer": outer},
        ).fetchall()
    return new[0][0]


def _has_keys(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(con.execute("SELECT count(*) FROM publish.child_keys").fetchall()[0][0])


def _pads(secret: bytes) -> tuple[bytes, bytes]:
    block = secret.ljust(_BLOCK_BYTES, b"\0")
    return bytes(byte ^ _INNER for byte in block), bytes(byte ^ _OUTER for byte in block)


def _secret(path: Path, *, is_in_use: bool) -> bytes:
    """Read the secret, or make it where none was ever used."""
    if path.exists():
        secret = path.read_bytes()
        if len(secret) == SECRET_BYTES:
            return secret
    if is_in_use or path.exists():
        raise RollcallError(
            f"{path} is {'damaged' if path.exists() else 'gone'}; the keys of children were made with it.",
            "Put back its copy: without it no night can publish children under the keys that analysts know.",
        )
    return _make_secret(path)


def _make_secret(path: Path) -> bytes:
    """Write a new secret whole or not at all."""
    secret = secrets.token_bytes(SECRET_BYTES)
    write_whole(path, secret)
    return secret
