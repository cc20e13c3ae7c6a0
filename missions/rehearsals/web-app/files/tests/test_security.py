import http.client
import json
import threading
import unittest

from app.application import build
from app.storage import NoteStore
from app.web import BODY_BYTES_MAX, make_server


class Security(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.store = NoteStore()
        cls.server = make_server(build(cls.store), "127.0.0.1", 0)
        cls.thread = threading.Thread(target=cls.server.serve_forever, kwargs={"poll_interval": 0.01})
        cls.thread.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.thread.join()
        cls.server.server_close()
        cls.store.close()

    def ask(self, method, target, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_address[1], timeout=5)
        self.addCleanup(connection.close)
        connection.request(method, target, body, headers or {})
        return connection.getresponse()

    def test_every_answer_tells_the_browser_to_run_nothing_foreign(self):
        for target in ("/", "/api/notes", "/nowhere"):
            with self.subTest(target=target):
                headers = self.ask("GET", target).headers
                self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
                self.assertNotIn("unsafe-inline", headers["Content-Security-Policy"])
                self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
                self.assertEqual(headers["Referrer-Policy"], "no-referrer")
                self.assertNotIn("Python", headers["Server"])

    def test_another_site_cannot_write(self):
        note = json.dumps({"title": "planted"})
        self.assertEqual(self.ask("POST", "/api/notes", note, {"Origin": "https://evil.example"}).status, 403)
        self.assertEqual(self.store.count(), 0)

    def test_the_page_itself_can_write(self):
        own = "http://127.0.0.1:%d" % self.server.server_address[1]
        answer = self.ask("POST", "/api/notes", json.dumps({"title": "mine"}), {"Origin": own})
        self.assertEqual(answer.status, 201)
        self.store.remove(json.loads(answer.read().decode("utf-8"))["id"])

    def test_a_name_that_is_not_ours_is_refused(self):
        # A page can give its own name our address; the Host header tells.
        self.assertEqual(self.ask("GET", "/api/notes", headers={"Host": "evil.example"}).status, 403)

    def test_a_body_that_is_too_long_is_not_even_read(self):
        answer = self.ask("POST", "/api/notes", None, {"Content-Length": str(BODY_BYTES_MAX + 1)})
        self.assertEqual(answer.status, 413)


if __name__ == "__main__":
    unittest.main()
