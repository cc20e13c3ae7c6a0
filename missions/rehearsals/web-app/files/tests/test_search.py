import json
import unittest
from urllib.parse import quote

from app.application import build
from app.storage import NoteStore
from app.web import Request


class Search(unittest.TestCase):
    def setUp(self):
        store = NoteStore()
        self.addCleanup(store.close)
        store.add({"title": "Shopping", "body": "green tea, 100% cocoa"})
        store.add({"title": "Tea", "body": "how long to steep", "tags": ["kitchen"]})
        store.add({"title": "Kitchen", "body": "paint it"})
        self.router = build(store)

    def titles(self, query):
        response = self.router.answer(Request("GET", "/api/search?q=" + quote(query)))
        return [note["title"] for note in json.loads(response.body.decode("utf-8"))["notes"]]

    def test_a_title_comes_before_a_tag_before_a_body(self):
        self.assertEqual(self.titles("tea"), ["Tea", "Shopping"])
        self.assertEqual(self.titles("KITCHEN"), ["Kitchen", "Tea"])

    def test_every_word_must_be_there(self):
        self.assertEqual(self.titles("tea steep"), ["Tea"])
        self.assertEqual(self.titles("tea paint"), [])

    def test_signs_have_no_meaning_of_their_own(self):
        self.assertEqual(self.titles("100%"), ["Shopping"])
        self.assertEqual(self.titles("_"), [])

    def test_nothing_asked_nothing_found(self):
        self.assertEqual(self.titles("  "), [])


if __name__ == "__main__":
    unittest.main()
