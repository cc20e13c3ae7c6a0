import json
import unittest

from app.application import build
from app.storage import NoteStore
from app.web import Request


class Tags(unittest.TestCase):
    def setUp(self):
        self.store = NoteStore()
        self.addCleanup(self.store.close)
        self.router = build(self.store)

    def tags(self):
        response = self.router.answer(Request("GET", "/api/tags"))
        return [(tag["tag"], tag["count"]) for tag in json.loads(response.body.decode("utf-8"))["tags"]]

    def test_the_most_used_comes_first_and_equals_by_name(self):
        self.store.add({"title": "a", "tags": ["work", "home"]})
        self.store.add({"title": "b", "tags": ["work", "art"]})
        self.assertEqual(self.tags(), [("work", 2), ("art", 1), ("home", 1)])

    def test_a_tag_goes_with_its_last_note(self):
        note = self.store.add({"title": "a", "tags": ["home"]})
        self.store.remove(note["id"])
        self.assertEqual(self.tags(), [])


if __name__ == "__main__":
    unittest.main()
