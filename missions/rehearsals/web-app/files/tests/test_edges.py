import json
import threading
import unittest
from urllib.parse import quote

from app.application import build
from app.storage import BODY_LENGTH_MAX, NoteStore
from app.web import Request

LANGUAGES = ["日本語のメモ", "заметка", "ملاحظة", "Ærø", "🍵 tea", "a\u0301ccent"]


class Edges(unittest.TestCase):
    """What people do that nobody planned."""

    def setUp(self):
        self.store = NoteStore()
        self.addCleanup(self.store.close)
        self.router = build(self.store)

    def ask(self, method, target, body=b""):
        response = self.router.answer(Request(method, target, body))
        return response.status, json.loads(response.body.decode("utf-8")) if response.body else None

    def post(self, value):
        return self.ask("POST", "/api/notes", json.dumps(value).encode("utf-8"))

    def test_every_script_and_sign_comes_back_whole(self):
        for text in LANGUAGES:
            with self.subTest(text=text):
                status, note = self.post({"title": text, "body": text})
                self.assertEqual((status, note["title"], note["body"]), (201, text, text))
                found = self.ask("GET", "/api/search?q=" + quote(text))[1]["notes"]
                self.assertIn(note["id"], [other["id"] for other in found])

    def test_the_longest_note_fits_and_one_more_sign_does_not(self):
        self.assertEqual(self.post({"title": "t", "body": "x" * BODY_LENGTH_MAX})[0], 201)
        self.assertEqual(self.post({"title": "t", "body": "x" * (BODY_LENGTH_MAX + 1)})[0], 422)

    def test_odd_bodies_are_refused_and_leave_nothing_behind(self):
        for body in (b"", b"null", b"7", b'"text"', b"{", b'{"title": null}', b'{"title": ["x"]}', b"\x00"):
            with self.subTest(body=body):
                self.assertIn(self.ask("POST", "/api/notes", body)[0], (400, 422))
        self.assertEqual(self.store.count(), 0)

    def test_odd_numbers_are_simply_not_there(self):
        for number in ("0", "-1", "1.5", "1e3", "999999999999999999", "9" * 40, "%20", "١"):
            with self.subTest(number=number):
                self.assertEqual(self.ask("GET", "/api/notes/" + number)[0], 404)

    def test_two_people_at_once_lose_nothing(self):
        note = self.post({"title": "shared"})[1]

        def change(member, value):
            for _ in range(10):
                self.ask("PATCH", "/api/notes/%d" % note["id"], json.dumps({member: value}).encode("utf-8"))

        threads = [threading.Thread(target=change, args=pair) for pair in (("title", "new"), ("color", "leaf"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        after = self.ask("GET", "/api/notes/%d" % note["id"])[1]
        self.assertEqual((after["title"], after["color"]), ("new", "leaf"))


if __name__ == "__main__":
    unittest.main()
