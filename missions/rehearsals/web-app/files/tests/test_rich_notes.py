import json
import unittest

from app.application import build
from app.storage import NoteStore
from app.web import Request


class RichNotes(unittest.TestCase):
    def test_a_note_carries_its_body_as_safe_html(self):
        store = NoteStore()
        self.addCleanup(store.close)
        store.add({"title": "Tea", "body": "**green** <script>"})
        answer = build(store).answer(Request("GET", "/api/notes"))
        note = json.loads(answer.body.decode("utf-8"))["notes"][0]
        self.assertEqual(note["html"], "<p><strong>green</strong> &lt;script&gt;</p>")
        self.assertEqual(note["body"], "**green** <script>")


if __name__ == "__main__":
    unittest.main()
