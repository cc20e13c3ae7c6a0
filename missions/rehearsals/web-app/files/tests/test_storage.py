import os
import tempfile
import threading
import unittest

from app.storage import NotAllowed, NoteStore


class Storage(unittest.TestCase):
    def setUp(self):
        self.store = NoteStore()
        self.addCleanup(self.store.close)

    def test_a_note_comes_back_as_it_was_put_in(self):
        note = self.store.add({"title": "Tea", "body": "green", "tags": ["#Home", "shop"], "color": "leaf"})
        self.assertEqual(self.store.get(note["id"]), note)
        self.assertEqual((note["tags"], note["color"], note["pinned"]), (["home", "shop"], "leaf", False))

    def test_the_first_line_stands_in_for_a_missing_title(self):
        self.assertEqual(self.store.add({"body": "# Plans\nfor spring"})["title"], "Plans")

    def test_pinned_notes_come_first_then_the_latest(self):
        first, second, third = (self.store.add({"title": title}) for title in ("a", "b", "c"))
        self.store.change(first["id"], {"pinned": True})
        self.store.change(second["id"], {"body": "touched last"})
        self.assertEqual([note["title"] for note in self.store.list()], ["a", "b", "c"])
        self.assertEqual(third["title"], "c")

    def test_a_tag_keeps_only_its_notes(self):
        self.store.add({"title": "at home", "tags": ["home"]})
        self.store.add({"title": "elsewhere"})
        self.assertEqual([note["title"] for note in self.store.list(tag="home")], ["at home"])

    def test_a_change_keeps_what_it_does_not_name(self):
        note = self.store.add({"title": "Tea", "body": "green", "tags": ["home"]})
        changed = self.store.change(note["id"], {"title": "Coffee"})
        self.assertEqual((changed["title"], changed["body"], changed["tags"]), ("Coffee", "green", ["home"]))

    def test_what_is_removed_is_gone_with_its_tags(self):
        note = self.store.add({"title": "Tea", "tags": ["home"]})
        self.assertTrue(self.store.remove(note["id"]))
        self.assertFalse(self.store.remove(note["id"]))
        self.assertIsNone(self.store.get(note["id"]))
        self.assertEqual(self.store.rows("SELECT * FROM note_tag"), [])

    def test_what_a_note_cannot_be_is_refused_with_the_reason(self):
        for values, reason in [
            ({}, "needs a `title`"), ({"title": "x" * 121}, "at most 120"), ({"body": "x" * 20_001}, "at most 20000"),
            ({"title": 7}, "`title` must be text"), ({"title": "x", "color": "mud"}, "one of paper"),
            ({"title": "x", "pinned": 1}, "true or false"), ({"title": "x", "tags": "home"}, "list of texts"),
            ({"title": "x", "tags": ["a b"]}, "is not a tag"), ({"title": "x", "mood": "good"}, "no `mood`"),
            ({"title": "x", "tags": [str(n) for n in range(9)]}, "at most 8 tags"),
        ]:
            with self.subTest(values=str(values)[:40]), self.assertRaisesRegex(NotAllowed, reason):
                self.store.add(values)
        self.assertEqual(self.store.count(), 0)

    def test_text_that_looks_like_sql_stays_text(self):
        note = self.store.add({"title": "'); DROP TABLE note; --"})
        self.assertEqual(self.store.get(note["id"])["title"], "'); DROP TABLE note; --")

    def test_eight_threads_lose_no_note(self):
        threads = [
            threading.Thread(target=lambda: [self.store.add({"title": "t"}) for _ in range(10)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.store.count(), 80)

    def test_notes_are_there_after_a_restart(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "notes.db")
            before = NoteStore(path)
            before.add({"title": "kept"})
            before.close()
            after = NoteStore(path)
            self.assertEqual([note["title"] for note in after.list()], ["kept"])
            after.close()


if __name__ == "__main__":
    unittest.main()
