import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from http.client import HTTPConnection

from tests.test_contract_file import CONTRACT, misfit, operations


class Service:
    """The real program on a free port."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", "service", "--port", "0", "--data", os.path.join(folder, "p.db")],
            stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def ask(self, method, path, body=None):
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, None if body is None else json.dumps(body))
        response = connection.getresponse()
        answer = response.status, json.loads(response.read())
        connection.close()
        return answer

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


class ServiceTest(unittest.TestCase):
    CALLS = [
        ("GET", "/health", None), ("POST", "/parcels", {"to": "Ada", "grams": 2}),
        ("POST", "/parcels", {"to": "", "grams": 2}), ("GET", "/parcels", None),
        ("GET", "/parcels/1", None), ("GET", "/parcels/99", None),
        ("POST", "/parcels/1/events", {"kind": "delivered"}),
        ("POST", "/parcels/1/events", {"kind": "in-transit"}),
        ("POST", "/parcels/1/events", {"kind": "?"}),
    ]

    def test_it_answers_as_its_contract_says_and_outlives_a_kill(self):
        with tempfile.TemporaryDirectory() as folder:
            service = Service(folder)
            try:
                seen = set()
                for method, path, body in self.CALLS:
                    status, answer = service.ask(method, path, body)
                    wanted = "/parcels/{id}" + path[len("/parcels/1"):] if path.startswith("/parcels/1") \
                        else "/parcels/{id}" if path == "/parcels/99" else path
                    operation = CONTRACT["paths"][wanted][method.lower()]
                    seen.add(operation["operationId"])
                    self.assertIn(str(status), operation["responses"], (method, path))
                    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
                    self.assertIsNone(misfit(answer, schema), (method, path))
                self.assertEqual(seen, {o["operationId"] for _, _, o in operations()})
            finally:
                service.kill()
            again = Service(folder)
            try:
                self.assertEqual(again.ask("GET", "/parcels/1")[1]["status"], "in-transit")
            finally:
                again.kill()
