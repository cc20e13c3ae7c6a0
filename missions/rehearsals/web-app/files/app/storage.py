"""Where notes are kept: one SQLite file, safe to use from many threads."""

import re
import sqlite3
import threading
from datetime import datetime, timezone

COLORS = ("paper", "sand", "leaf", "sky", "rose", "plum")
TITLE_LENGTH_MAX = 120
BODY_LENGTH_MAX = 20_000
TAGS_MAX = 8

SCHEMA = """
CREATE TABLE IF NOT EXISTS note(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    color TEXT NOT NULL,
    pinned INTEGER NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    touched INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS note_tag(
    note INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY(note, tag));
CREATE INDEX IF NOT EXISTS note_tag_by_tag ON note_tag(tag, note);
"""


class NotAllowed(Exception):
    """A value that a note cannot have; the text says which and why."""


def now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def clean(values, old=None):
    """The members of a note, checked and with defaults filled in. `old` is the note they change."""
    known = {"title": "", "body": "", "tags": [], "color": "paper", "pinned": False}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise NotAllowed("A note has no `%s`" % unknown[0])
    note = {key: values.get(key, (old or known)[key]) for key in known}
    for key in ("title", "body"):
        if not isinstance(note[key], str):
            raise NotAllowed("`%s` must be text" % key)
        note[key] = note[key].strip()
    if not note["title"]:
        note["title"] = note["body"].split("\n")[0].lstrip("# ")[:TITLE_LENGTH_MAX]
    if not note["title"]:
        raise NotAllowed("A note needs a `title` or a `body`")
    if len(note["title"]) > TITLE_LENGTH_MAX:
        raise NotAllowed("`title` may have at most %d characters" % TITLE_LENGTH_MAX)
    if len(note["body"]) > BODY_LENGTH_MAX:
        raise NotAllowed("`body` may have at most %d characters" % BODY_LENGTH_MAX)
    if note["color"] not in COLORS:
        raise NotAllowed("`color` must be one of " + ", ".join(COLORS))
    if not isinstance(note["pinned"], bool):
        raise NotAllowed("`pinned` must be true or false")
    note["tags"] = clean_tags(note["tags"])
    return note


def clean_tags(tags):
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise NotAllowed("`tags` must be a list of texts")
    cleaned = []
    for tag in (tag.strip().lstrip("#").lower() for tag in tags):
        if not re.fullmatch(r"[^\W_](?:[^\W_]|-){0,30}", tag):
            raise NotAllowed("`%s` is not a tag: letters, digits and `-` only" % tag[:40])
        if tag not in cleaned:
            cleaned.append(tag)
    if len(cleaned) > TAGS_MAX:
        raise NotAllowed("A note may have at most %d tags" % TAGS_MAX)
    return sorted(cleaned)


class NoteStore:
    """All notes. Every method is one transaction."""

    def __init__(self, path=":memory:"):
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.executescript(SCHEMA)

    def close(self):
        with self._lock:
            self._connection.close()

    def rows(self, sql, arguments=()):
        """Reads with a statement of the caller's own; arguments are bound, never pasted in."""
        with self._lock:
            return self._connection.execute(sql, arguments).fetchall()

    def add(self, values):
        note, moment = clean(values), now()
        with self._lock, self._connection as connection:
            cursor = connection.execute(
                "INSERT INTO note(title, body, color, pinned, created, updated, touched) "
                "VALUES(?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(touched), 0) + 1 FROM note))",
                (note["title"], note["body"], note["color"], note["pinned"], moment, moment))
            self._put_tags(cursor.lastrowid, note["tags"])
            return self._get(cursor.lastrowid)

    def get(self, identifier):
        """The note, or None."""
        with self._lock:
            return self._get(identifier)

    def list(self, tag=None):
        """Pinned notes first, then the latest."""
        where = "WHERE id IN (SELECT note FROM note_tag WHERE tag = ?)" if tag else ""
        with self._lock:
            rows = self._connection.execute(
                "SELECT id FROM note %s ORDER BY pinned DESC, touched DESC" % where, (tag,) if tag else ())
            return [self._get(row["id"]) for row in rows.fetchall()]

    def change(self, identifier, values):
        """The changed note, or None when there is none."""
        with self._lock, self._connection as connection:
            old = self._get(identifier)
            if old is None:
                return None
            note = clean(values, old)
            connection.execute(
                "UPDATE note SET title = ?, body = ?, color = ?, pinned = ?, updated = ?, "
                "touched = (SELECT MAX(touched) + 1 FROM note) WHERE id = ?",
                (note["title"], note["body"], note["color"], note["pinned"], now(), identifier))
            self._put_tags(identifier, note["tags"])
            return self._get(identifier)

    def remove(self, identifier):
        """Whether there was such a note."""
        with self._lock, self._connection as connection:
            return connection.execute("DELETE FROM note WHERE id = ?", (identifier,)).rowcount == 1

    def count(self):
        return self.rows("SELECT COUNT(*) FROM note")[0][0]

    def _put_tags(self, identifier, tags):
        self._connection.execute("DELETE FROM note_tag WHERE note = ?", (identifier,))
        self._connection.executemany(
            "INSERT INTO note_tag(note, tag) VALUES(?, ?)", [(identifier, tag) for tag in tags])

    def _get(self, identifier):
        row = self._connection.execute("SELECT * FROM note WHERE id = ?", (identifier,)).fetchone()
        if row is None:
            return None
        tags = self._connection.execute("SELECT tag FROM note_tag WHERE note = ? ORDER BY tag", (identifier,))
        return {
            "id": row["id"], "title": row["title"], "body": row["body"], "tags": [tag["tag"] for tag in tags],
            "color": row["color"], "pinned": bool(row["pinned"]),
            "created": row["created"], "updated": row["updated"],
        }
