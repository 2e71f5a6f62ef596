"""What was issued, in SQLite: each message once, by its key, however often it comes and whoever dies in between."""

from __future__ import annotations

import json
import secrets
import sqlite3
from pathlib import Path
from typing import NamedTuple

_SCHEMA = """
CREATE TABLE IF NOT EXISTS issued (
    key TEXT PRIMARY KEY,
    member_id TEXT NOT NULL,
    coupon TEXT NOT NULL,
    valid_from TEXT,
    valid_to TEXT,
    codes TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS issued_of_member ON issued (member_id);
"""


class Wanted(NamedTuple):
    """A gift to issue: so many of one coupon, to one member; `key`: what it counts once by."""

    key: str
    member_id: str
    coupon: str
    quantity: int
    valid_from: str | None
    valid_to: str | None


class Store:
    """One for a process. Whatever `issue` has returned is on the disk."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)

    def issue(self, wanted: Wanted) -> tuple[list[str], bool]:
        """The codes of the coupons, and whether they were issued before: then the same, whatever else the message says now."""
        codes = [secrets.token_hex(8) for _ in range(wanted.quantity)]
        with self._connection:
            # One statement looks for the key and takes it: two that come at once cannot both find it free.
            added = self._connection.execute(
                "INSERT OR IGNORE INTO issued (key, member_id, coupon, valid_from, valid_to, codes) VALUES (?, ?, ?, ?, ?, ?)",
                (wanted.key, wanted.member_id, wanted.coupon, wanted.valid_from, wanted.valid_to, json.dumps(codes)),
            )
            if added.rowcount:
                return codes, False
            (known,) = self._connection.execute("SELECT codes FROM issued WHERE key = ?", (wanted.key,)).fetchone()
            return list(json.loads(known)), True

    def of_member(self, member_id: str) -> list[dict[str, object]]:
        """What a member was given, in the order in which it came."""
        rows = self._connection.execute(
            "SELECT key, coupon, valid_from, valid_to, codes FROM issued WHERE member_id = ? ORDER BY rowid", (member_id,)
        )
        names = ("key", "coupon", "valid_from", "valid_to", "codes")
        return [dict(zip(names, (*row[:-1], json.loads(row[-1])), strict=True)) for row in rows]

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()
