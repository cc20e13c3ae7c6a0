import json
import unittest

from service.routes import build
from service.store import ParcelStore


class RoutesTest(unittest.TestCase):
    def setUp(self):
        store = ParcelStore()
        self.addCleanup(store.close)
        self.router = build(store)

    def ask(self, method, path, body=None, **headers):
        data = b"" if body is None else json.dumps(body).encode()
        return self.router.answer(method, path, data, {k.replace("_", "-"): v for k, v in headers.items()})

    def test_the_life_of_a_parcel(self):
        status, parcel = self.ask("POST", "/parcels", {"to": "Ada", "grams": 500})
        self.assertEqual((status, parcel["status"]), (201, "accepted"))
        path = "/parcels/%d" % parcel["id"]
        self.assertEqual(self.ask("POST", path + "/events", {"kind": "in-transit"})[0], 201)
        self.assertEqual(self.ask("GET", path)[1]["status"], "in-transit")
        self.assertEqual(len(self.ask("GET", "/parcels?open=true")[1]["parcels"]), 1)
        self.ask("POST", path + "/events", {"kind": "delivered"})
        self.assertEqual(self.ask("GET", "/parcels?open=true")[1]["parcels"], [])

    def test_a_repeated_request_makes_no_second_parcel(self):
        body = {"to": "Ada", "grams": 1}
        first = self.ask("POST", "/parcels", body, Idempotency_Key="one")
        self.assertEqual(self.ask("POST", "/parcels", body, Idempotency_Key="one"), first)
        self.assertEqual(len(self.ask("GET", "/parcels")[1]["parcels"]), 1)

    def test_what_is_refused_says_why(self):
        self.ask("POST", "/parcels", {"to": "Ada", "grams": 1})
        table = [
            ("POST", "/parcels", {"grams": 1}, 422, "bad-to"),
            ("POST", "/parcels", {"to": "x" * 201, "grams": 1}, 422, "bad-to"),
            ("POST", "/parcels", {"to": "Ada", "grams": 0}, 422, "bad-grams"),
            ("POST", "/parcels", {"to": "Ada", "grams": True}, 422, "bad-grams"),
            ("POST", "/parcels/1/events", {"kind": "lost"}, 422, "bad-kind"),
            ("POST", "/parcels/1/events", {"kind": "delivered"}, 409, "not-allowed"),
            ("GET", "/parcels/2", None, 404, "no-parcel"),
            ("GET", "/parcels/-1", None, 404, "no-parcel"),
            ("GET", "/parcels/" + "9" * 40, None, 404, "no-parcel"),
            ("DELETE", "/parcels/1", None, 405, "method-not-allowed"),
        ]
        for method, path, body, status, code in table:
            with self.subTest(path=path, body=body):
                answer = self.ask(method, path, body)
                self.assertEqual((answer[0], answer[1]["error"]["code"]), (status, code))
