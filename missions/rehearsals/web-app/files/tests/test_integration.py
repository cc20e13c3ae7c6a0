import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Running:
    """The real program as a process of its own, on a free port of the loopback address."""

    def __init__(self, data):
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", "app", "--port", "0", "--data", data],
            cwd=ROOT, stdout=subprocess.PIPE, universal_newlines=True)
        line = self.process.stdout.readline()
        self.port = int(re.fullmatch(r"Margin is at http://127\.0\.0\.1:(\d+)\n", line).group(1))

    def ask(self, method, target, value=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, target, None if value is None else json.dumps(value))
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read().decode("utf-8")
        finally:
            connection.close()

    def json(self, method, target, value=None):
        status, _, body = self.ask(method, target, value)
        return status, json.loads(body) if body else None

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Integration(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = os.path.join(folder.name, "notes.db")

    def start(self):
        running = Running(self.data)
        self.addCleanup(running.stop)
        return running

    def test_a_day_with_margin(self):
        margin = self.start()

        # The page and everything it names is there.
        status, kind, page = margin.ask("GET", "/")
        self.assertEqual((status, kind), (200, "text/html; charset=utf-8"))
        files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
        self.assertGreaterEqual(len(files), 3)
        for file in files:
            self.assertEqual(margin.ask("GET", file)[0], 200, file)

        # Write, find, tag, change.
        status, tea = margin.json("POST", "/api/notes", {"title": "Tea", "body": "- [ ] green", "tags": ["shop"]})
        self.assertEqual(status, 201)
        margin.json("POST", "/api/notes", {"title": "Plans", "body": "paint the door"})
        self.assertEqual([note["id"] for note in margin.json("GET", "/api/search?q=green")[1]["notes"]], [tea["id"]])
        self.assertEqual(margin.json("GET", "/api/tags")[1], {"tags": [{"tag": "shop", "count": 1}]})
        self.assertEqual(margin.json("PATCH", "/api/notes/%d" % tea["id"], {"body": "- [x] green"})[0], 200)
        self.assertEqual(margin.json("POST", "/api/notes", {"title": ""})[0], 422)

        # What was written outlives the process, even one that is killed.
        margin.process.kill()
        margin.process.wait()
        again = self.start()
        status, answer = again.json("GET", "/api/notes")
        self.assertEqual([note["title"] for note in answer["notes"]], ["Tea", "Plans"])
        self.assertEqual(answer["notes"][0]["body"], "- [x] green")


if __name__ == "__main__":
    unittest.main()
