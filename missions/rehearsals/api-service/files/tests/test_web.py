import unittest

from service.web import Problem, Router


def echo(names, query, body, headers):
    return 200, {"names": names, "query": query, "body": body}


def refuse(names, query, body, headers):
    raise Problem(409, "no", "not now")


class RouterTest(unittest.TestCase):
    def setUp(self):
        self.router = Router()
        self.router.add("POST", "/things/{id}", echo)
        self.router.add("GET", "/no", refuse)

    def test_names_query_and_body_arrive(self):
        status, answer = self.router.answer("POST", "/things/7?a=1", b'{"x": 2}')
        self.assertEqual(status, 200)
        self.assertEqual(answer, {"names": {"id": "7"}, "query": {"a": "1"}, "body": {"x": 2}})

    def test_every_failure_has_one_shape(self):
        table = [
            ("GET", "/nothing", b"", 404, "not-found"),
            ("GET", "/things/7", b"", 405, "method-not-allowed"),
            ("POST", "/things/7", b"[1]", 400, "not-json"),
            ("POST", "/things/7", b"{", 400, "not-json"),
            ("GET", "/no", b"", 409, "no"),
        ]
        for method, path, body, status, code in table:
            with self.subTest(path=path, body=body):
                answer = self.router.answer(method, path, body)
                self.assertEqual((answer[0], answer[1]["error"]["code"]), (status, code))
                self.assertTrue(answer[1]["error"]["message"])
