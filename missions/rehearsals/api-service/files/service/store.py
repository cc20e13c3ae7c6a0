"""Parcels and what happened to them, in SQLite. Knows no HTTP."""

import sqlite3
import threading

STEPS = {
    "accepted": ("in-transit", "returned"),
    "in-transit": ("delivered", "returned"),
    "delivered": (),
    "returned": (),
}
OPEN = ("accepted", "in-transit")


class NotAllowed(Exception):
    """The status does not allow this step."""


class ParcelStore:
    """Safe to use from many threads: one connection, one lock, each method one transaction."""

    def __init__(self, path=":memory:"):
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False)
        with self._db:
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS parcel (id INTEGER PRIMARY KEY, recipient TEXT NOT NULL,"
                " grams INTEGER NOT NULL, status TEXT NOT NULL, key TEXT UNIQUE)"
            )
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY,"
                " parcel INTEGER NOT NULL REFERENCES parcel(id), kind TEXT NOT NULL)"
            )

    def add(self, to, grams, key=None):
        """The new parcel, or the one that was made with this key before."""
        with self._lock, self._db:
            if key is not None:
                row = self._db.execute("SELECT id FROM parcel WHERE key = ?", (key,)).fetchone()
                if row:
                    return self._parcel(row[0])
            cursor = self._db.execute(
                "INSERT INTO parcel (recipient, grams, status, key) VALUES (?, ?, 'accepted', ?)",
                (to, grams, key),
            )
            self._db.execute("INSERT INTO event (parcel, kind) VALUES (?, 'accepted')", (cursor.lastrowid,))
            return self._parcel(cursor.lastrowid)

    def get(self, number):
        with self._lock:
            return self._parcel(number)

    def list(self, open_only=False):
        with self._lock:
            rows = self._db.execute("SELECT id FROM parcel ORDER BY id").fetchall()
            parcels = [self._parcel(row[0]) for row in rows]
        return [p for p in parcels if not open_only or p["status"] in OPEN]

    def add_event(self, number, kind):
        with self._lock, self._db:
            parcel = self._parcel(number)
            if parcel is None:
                return None
            if kind not in STEPS[parcel["status"]]:
                raise NotAllowed("a parcel that is %s cannot become %s" % (parcel["status"], kind))
            self._db.execute("UPDATE parcel SET status = ? WHERE id = ?", (kind, number))
            self._db.execute("INSERT INTO event (parcel, kind) VALUES (?, ?)", (number, kind))
            return self._parcel(number)

    def close(self):
        self._db.close()

    def _parcel(self, number):
        row = self._db.execute(
            "SELECT id, recipient, grams, status FROM parcel WHERE id = ?", (number,)
        ).fetchone()
        if row is None:
            return None
        events = self._db.execute("SELECT kind FROM event WHERE parcel = ? ORDER BY id", (number,))
        return {
            "id": row[0], "to": row[1], "grams": row[2], "status": row[3],
            "events": [event[0] for event in events],
        }
