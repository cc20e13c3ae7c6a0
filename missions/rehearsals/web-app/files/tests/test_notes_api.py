import json
import unittest

from app.application import build
from app.storage import NoteStore
from app.web import Request


class NotesAPI(unittest.TestCase):
    def setUp(self):
        store = NoteStore()
        self.addCleanup(store.close)
        self.router = build(store)

    def ask(self, method, target, value=None):
        body = b"" if value is None else json.dumps(value).encode("utf-8")
        response = self.router.answer(Request(method, target, body))
        return response.status, json.loads(response.body.decode("utf-8")) if response.body else None

    def test_the_life_of_a_note(self):
        status, note = self.ask("POST", "/api/notes", {"title": "Tea", "body": "green", "tags": ["home"]})
        self.assertEqual((status, note["title"], note["tags"]), (201, "Tea", ["home"]))
        path = "/api/notes/%d" % note["id"]
        self.assertEqual(self.ask("GET", path), (200, note))
        status, changed = self.ask("PATCH", path, {"pinned": True})
        self.assertEqual((status, changed["pinned"], changed["body"]), (200, True, "green"))
        self.assertEqual(self.ask("GET", "/api/notes"), (200, {"notes": [changed]}))
        self.assertEqual(self.ask("DELETE", path), (204, None))
        self.assertEqual(self.ask("GET", "/api/notes"), (200, {"notes": []}))

    def test_one_tag_can_be_asked_for(self):
        self.ask("POST", "/api/notes", {"title": "a", "tags": ["home"]})
        self.ask("POST", "/api/notes", {"title": "b", "tags": ["work"]})
        status, answer = self.ask("GET", "/api/notes?tag=work")
        self.assertEqual([note["title"] for note in answer["notes"]], ["b"])

    def test_what_is_not_there_and_what_is_not_allowed(self):
        for method, target, value, status, message in [
            ("GET", "/api/notes/7", None, 404, "There is no note 7"),
            ("PATCH", "/api/notes/7", {"title": "x"}, 404, "There is no note 7"),
            ("DELETE", "/api/notes/7", None, 404, "There is no note 7"),
            ("POST", "/api/notes", {}, 422, "A note needs a `title` or a `body`"),
            ("POST", "/api/notes", {"title": "x", "mood": 1}, 422, "A note has no `mood`"),
            ("PUT", "/api/notes/7", {}, 405, "/api/notes/7 answers GET, PATCH, DELETE only"),
        ]:
            with self.subTest(method=method, target=target):
                self.assertEqual(
                    self.ask(method, target, value), (status, {"error": {"status": status, "message": message}}))

    def test_health_counts_the_notes(self):
        self.ask("POST", "/api/notes", {"title": "a"})
        status, answer = self.ask("GET", "/api/health")
        self.assertEqual((status, answer["status"], answer["notes"]), (200, "ok", 1))


if __name__ == "__main__":
    unittest.main()
